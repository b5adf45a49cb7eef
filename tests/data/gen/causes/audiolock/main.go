// audiolock: a device goroutine is locked to its thread, callers hand over buffers and wait.
package main

import (
	"os"
	"runtime"
	"runtime/trace"
	"sync"
	"time"
)

type buf struct {
	s    [64]int
	done chan struct{}
}
type device struct {
	in chan *buf
	n  int
}

func (d *device) mix(b *buf) {
	for i := range b.s {
		b.s[i] += d.n
	}
	d.n++
}
func (d *device) serve() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for b := range d.in {
		d.mix(b)
		b.done <- struct{}{}
	}
}
func main() {
	d := &device{in: make(chan *buf)}
	go d.serve()
	time.Sleep(time.Millisecond)
	trace.Start(os.Stdout)
	defer trace.Stop()
	var wg sync.WaitGroup
	end := time.Now().Add(150 * time.Millisecond)
	for range 2 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			b := &buf{done: make(chan struct{})}
			for time.Now().Before(end) {
				d.in <- b
				<-b.done
			}
		}()
	}
	wg.Wait()
}
