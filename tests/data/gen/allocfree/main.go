// Every allocation and release, as an experiment of the runtime.
//
// To be run with GODEBUG=traceallocfree=1. The trace holds experimental events
// for spans, heap objects and goroutine stacks, and experimental batches with
// the types they refer to.
package main

import (
	"log"
	"os"
	"runtime"
	"runtime/trace"
)

type point struct{ x, y float64 }

var (
	points []*point
	texts  map[int]string
	large  []byte
)

func main() {
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()

	texts = map[int]string{}
	for i := 0; i < 100; i++ {
		points = append(points, &point{float64(i), 1})
		texts[i] = string(rune('a'+i%26)) + "text"
	}
	large = make([]byte, 1<<18)
	done := make(chan int)
	go func() { done <- deep(1000) }()
	<-done
	points, texts, large = nil, nil, nil
	runtime.GC()
	runtime.GC()
}

// deep makes the goroutine's stack grow.
func deep(n int) int {
	if n == 0 {
		return 0
	}
	return deep(n-1) + n
}
