// limiter lets two transfers run at once, counted under a mutex with a
// condition variable; twelve want to.
package main

import (
	"log"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type limiter struct {
	mu   sync.Mutex
	free *sync.Cond
	left int
}

func (l *limiter) acquire() {
	l.mu.Lock()
	for l.left == 0 {
		l.free.Wait()
	}
	l.left--
	l.mu.Unlock()
}

func (l *limiter) release() {
	l.mu.Lock()
	l.left++
	l.mu.Unlock()
	l.free.Signal()
}

func transfer(l *limiter, took time.Duration) {
	l.acquire()
	defer l.release()
	time.Sleep(took)
}

func main() {
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	l := &limiter{left: 2}
	l.free = sync.NewCond(&l.mu)
	var done sync.WaitGroup
	for i := 0; i < 12; i++ {
		done.Add(1)
		go func(i int) {
			defer done.Done()
			for n := 0; n < 15; n++ {
				transfer(l, time.Duration(4+(i+n)%5)*time.Millisecond)
			}
		}(i)
	}
	done.Wait()
}
