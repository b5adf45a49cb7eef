// stacks dumps the stacks of all goroutines every few milliseconds; there are
// many, and each dump stops the world.
package main

import (
	"log"
	"os"
	"runtime"
	"runtime/trace"
	"sync"
	"time"
)

type watchdog struct{ buffer []byte }

func (w *watchdog) inspect() int { return runtime.Stack(w.buffer, true) }

func (w *watchdog) run(every time.Duration) {
	for range time.Tick(every) {
		w.inspect()
	}
}

func park(depth int, until <-chan struct{}) {
	if depth > 0 {
		park(depth-1, until)
		return
	}
	<-until
}

func main() {
	until := make(chan struct{})
	for range 4000 {
		go park(8, until)
	}
	w := &watchdog{buffer: make([]byte, 64<<20)}
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	go w.run(10 * time.Millisecond)
	stop := time.Now().Add(600 * time.Millisecond)
	var done sync.WaitGroup
	for i := range 6 {
		done.Add(1)
		go func() {
			defer done.Done()
			for n := i; time.Now().Before(stop); n++ {
				runtime.KeepAlive(make([]byte, n%512))
				time.Sleep(500 * time.Microsecond)
			}
		}()
	}
	done.Wait()
}
