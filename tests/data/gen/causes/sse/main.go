// sse: subscribers go away without unsubscribing; each leaves a pump goroutine waiting on its channel.
package main

import (
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type broker struct {
	mu   sync.Mutex
	subs []chan string
}

func (b *broker) pump(in <-chan string, out chan<- string) {
	for m := range in {
		out <- m
	}
}
func (b *broker) subscribe() <-chan string {
	in, out := make(chan string, 1), make(chan string)
	b.mu.Lock()
	b.subs = append(b.subs, in)
	b.mu.Unlock()
	go b.pump(in, out)
	in <- "hello"
	return out
}
func visit(b *broker) { c := b.subscribe(); <-c; time.Sleep(time.Millisecond) }
func main() {
	b := &broker{}
	trace.Start(os.Stdout)
	defer trace.Stop()
	var wg sync.WaitGroup
	for range 3 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 50 {
				visit(b)
				time.Sleep(3 * time.Millisecond)
			}
		}()
	}
	wg.Wait()
}
