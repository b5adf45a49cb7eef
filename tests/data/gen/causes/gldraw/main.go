// gldraw: all drawing goes through a goroutine locked to its thread; each hop waits for that thread while procs idle.
package main

import (
	"os"
	"runtime"
	"runtime/trace"
	"sync"
	"time"
)

type gl struct{ calls chan func() }

func (g *gl) loop() {
	runtime.LockOSThread()
	for f := range g.calls {
		f()
	}
}
func (g *gl) do(f func()) { done := make(chan bool); g.calls <- func() { f(); done <- true }; <-done }
func main() {
	g := &gl{make(chan func())}
	go g.loop()
	trace.Start(os.Stdout)
	var wg sync.WaitGroup
	end := time.Now().Add(120 * time.Millisecond)
	for i := 0; i < 3; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			n := 0
			for time.Now().Before(end) {
				g.do(func() { n++ })
			}
		}()
	}
	wg.Wait()
	trace.Stop()
}
