// okstream: subscribers wait for events that come every 40 ms over a condition and over channels.
package main

import (
	"fmt"
	"io"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type feed struct {
	mu   sync.Mutex
	c    *sync.Cond
	n    int
	subs []chan int
}

func (f *feed) wait(last int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.n == last {
		f.c.Wait()
	}
	return f.n
}
func (f *feed) publish() {
	f.mu.Lock()
	f.n++
	f.mu.Unlock()
	f.c.Broadcast()
	for _, s := range f.subs {
		s <- f.n
	}
}
func main() {
	f := &feed{}
	f.c = sync.NewCond(&f.mu)
	for i := 0; i < 6; i++ {
		go func() {
			last := 0
			for {
				last = f.wait(last)
				fmt.Fprintln(io.Discard, last)
			}
		}()
	}
	for i := 0; i < 6; i++ {
		s := make(chan int, 4)
		f.subs = append(f.subs, s)
		go func() {
			for n := range s {
				fmt.Fprintln(io.Discard, n)
			}
		}()
	}
	trace.Start(os.Stdout)
	for i := 0; i < 25; i++ {
		time.Sleep(40 * time.Millisecond)
		f.publish()
	}
	trace.Stop()
}
