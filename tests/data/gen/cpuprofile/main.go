// The CPU profiler runs while the trace is recorded.
//
// The trace holds CPU samples with stacks of recursive, inlined and generic
// functions on two goroutines, and of the collector. The profile itself is
// thrown away.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"sort"
	"sync"
	"time"
)

func main() {
	if err := pprof.StartCPUProfile(io.Discard); err != nil {
		log.Fatal(err)
	}
	defer pprof.StopCPUProfile()
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()

	end := time.Now().Add(400 * time.Millisecond)
	var group sync.WaitGroup
	for name, work := range map[string]func(){
		"fibonacci": func() { fibonacci(24) },
		"sorting":   sorting,
	} {
		group.Add(1)
		go func(name string, work func()) {
			defer group.Done()
			trace.WithRegion(context.Background(), name, func() {
				for time.Now().Before(end) {
					work()
				}
			})
		}(name, work)
	}
	group.Wait()
	runtime.GC()
}

func fibonacci(n int) int {
	if n < 2 {
		return n
	}
	return fibonacci(n-1) + fibonacci(n-2)
}

func sorting() {
	numbers := make([]int, 1<<14)
	for i := range numbers {
		numbers[i] = i * 7919 % len(numbers)
	}
	sort.Ints(numbers)
	if total(numbers) < 0 {
		panic("the sum of numbers above zero is below zero")
	}
}

func total[T int | float64](numbers []T) (sum T) {
	for _, n := range numbers {
		sum += n
	}
	return sum
}
