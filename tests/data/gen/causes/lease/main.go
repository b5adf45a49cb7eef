// lease has workers try for a lease again and again, with a sleep in between;
// whoever has it works for a moment.
package main

import (
	"log"
	"os"
	"runtime/trace"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

type lease struct{ holder atomic.Int64 }

func (l *lease) acquire(id int64) {
	for !l.holder.CompareAndSwap(0, id) {
		time.Sleep(4 * time.Millisecond)
	}
}

func (l *lease) release() { l.holder.Store(0) }

func job(l *lease, id int64) {
	l.acquire(id)
	defer l.release()
	_ = strings.ToUpper(strings.Repeat("work", 20_000))
}

func main() {
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	l := &lease{}
	for range 30 {
		var done sync.WaitGroup
		for id := range int64(8) {
			done.Add(1)
			go func() {
				defer done.Done()
				job(l, id+1)
			}()
		}
		done.Wait()
	}
}
