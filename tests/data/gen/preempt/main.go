// Three goroutines that never wait, on one processor.
//
// To be run with GOMAXPROCS=1. The goroutines are stopped by preemption about
// every 10 ms; one of them calls runtime.Gosched as well. A fourth goroutine
// becomes runnable every 5 ms and has to wait for its turn: a scheduling
// latency that can be seen.
package main

import (
	"log"
	"os"
	"runtime"
	"runtime/trace"
	"sync"
	"time"
)

func main() {
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()

	end := time.Now().Add(150 * time.Millisecond)
	var group sync.WaitGroup
	group.Add(4)
	go greedy(&group, end)
	go greedy(&group, end)
	go polite(&group, end)
	go late(&group, end)
	group.Wait()
}

func greedy(group *sync.WaitGroup, end time.Time) {
	defer group.Done()
	for time.Now().Before(end) {
	}
}

func polite(group *sync.WaitGroup, end time.Time) {
	defer group.Done()
	for time.Now().Before(end) {
		for turn := time.Now().Add(2 * time.Millisecond); time.Now().Before(turn); {
		}
		runtime.Gosched()
	}
}

func late(group *sync.WaitGroup, end time.Time) {
	defer group.Done()
	for time.Now().Before(end) {
		time.Sleep(5 * time.Millisecond)
	}
}
