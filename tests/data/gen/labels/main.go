// Which goroutines carry labels in a trace.
//
// The program sets profiler labels on its goroutines: they do not show up. The
// collector's mark workers are labelled by the runtime: GC (dedicated), GC
// (fractional), GC (idle). A worker may change its kind from one collection to
// the next. GOMAXPROCS picks the kinds: 2 gives fractional ones, 4 dedicated.
package main

import (
	"context"
	"log"
	"os"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"sync"
	"time"
)

type node struct{ next, other *node }

func main() {
	var live *node
	for i := 0; i < 40_000; i++ {
		live = &node{next: live}
	}
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()

	var group sync.WaitGroup
	stop := make(chan struct{})
	for _, who := range []string{"anna", "ben"} {
		group.Add(1)
		go pprof.Do(context.Background(), pprof.Labels("who", who), func(context.Context) {
			defer group.Done()
			for {
				select {
				case <-stop:
					return
				default:
					busy(200 * time.Microsecond)
				}
			}
		})
	}
	// One collection beside busy goroutines, one in an idle program.
	runtime.GC()
	close(stop)
	group.Wait()
	runtime.GC()
	runtime.KeepAlive(live)
}

func busy(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
	}
}
