// fineidle has little to do: a heartbeat, a ticker that flushes, a pool of
// workers that waits for jobs, goroutines that wait for a signal to end.
package main

import (
	"context"
	"log"
	"os"
	"runtime/trace"
	"time"
)

func heartbeat(beats chan<- time.Time) {
	for {
		time.Sleep(30 * time.Millisecond)
		beats <- time.Now()
	}
}

func flush(every time.Duration, state map[int]int) {
	for range time.Tick(every) {
		clear(state)
	}
}

func worker(ctx context.Context, jobs <-chan func()) {
	for {
		select {
		case job := <-jobs:
			job()
		case <-ctx.Done():
			return
		}
	}
}

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	jobs, beats := make(chan func()), make(chan time.Time)
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	for range 40 {
		go worker(ctx, jobs)
	}
	go heartbeat(beats)
	go flush(45*time.Millisecond, map[int]int{})
	end := time.After(900 * time.Millisecond)
	for {
		select {
		case at := <-beats:
			jobs <- func() { log.SetPrefix(at.String()) }
		case <-end:
			return
		}
	}
}
