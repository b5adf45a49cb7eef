// Two workers share one queue of numbers under a task called main-task.
//
// The trace shows a task with a log line, two goroutines created by the same
// statement, and on each of them a "work" region that holds a "factor" region
// for every number taken from the queue. The workers' start is a barrier, so
// that both really take part.
package main

import (
	"context"
	"log"
	"os"
	"runtime/trace"
	"strconv"
	"sync"
	"time"
)

func main() {
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()

	ctx, task := trace.NewTask(context.Background(), "main-task")
	defer task.End()
	trace.Log(ctx, "numbers", "24")

	var started, done sync.WaitGroup
	started.Add(2)
	done.Add(2)
	queue := make(chan uint64)
	for i := 0; i < 2; i++ {
		go worker(ctx, queue, &started, &done)
	}
	started.Wait()
	for i := uint64(0); i < 24; i++ {
		queue <- 1<<30 + 7*i
	}
	close(queue)
	done.Wait()
}

func worker(ctx context.Context, queue <-chan uint64, started, done *sync.WaitGroup) {
	defer done.Done()
	defer trace.StartRegion(ctx, "work").End()
	started.Done()
	for n := range queue {
		trace.WithRegion(ctx, "factor", func() {
			if f := smallestFactor(n); f == n {
				trace.Log(ctx, "prime", strconv.FormatUint(n, 10))
			}
		})
		time.Sleep(50 * time.Microsecond)
	}
}

func smallestFactor(n uint64) uint64 {
	for f := uint64(2); f*f <= n; f++ {
		if n%f == 0 {
			return f
		}
	}
	return n
}
