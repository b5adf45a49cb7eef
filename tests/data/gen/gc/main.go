// A program that allocates faster than the collector frees, under a memory
// limit.
//
// The trace shows collections back to back, dedicated, fractional or idle mark
// workers (their goroutines carry labels), mark assists that really help
// marking, sweeping, the two stops of each collection, and the heap and its
// goal as they move. GOMAXPROCS picks the kind of mark workers: 2 gives a
// fractional one, 4 a dedicated one.
package main

import (
	"log"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/trace"
	"sync"
	"time"
)

// A node of a tree whose marking is laborious: pointers and little else.
type node struct {
	children [4]*node
	weight   [8]uint64
}

func main() {
	debug.SetMemoryLimit(24 << 20)
	forest := make([]*node, 8)
	for i := range forest {
		forest[i] = grow(6)
	}
	runtime.GC()

	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()

	end := time.Now().Add(25 * time.Millisecond)
	var planters sync.WaitGroup
	for i := range forest {
		planters.Add(1)
		go func(tree **node) {
			defer planters.Done()
			for time.Now().Before(end) {
				*tree = grow(6)
			}
		}(&forest[i])
	}
	planters.Wait()
	runtime.GC()
}

// grow makes a tree of the given depth.
func grow(depth int) *node {
	n := &node{weight: [8]uint64{uint64(depth)}}
	if depth > 0 {
		for i := range n.children {
			n.children[i] = grow(depth - 1)
		}
	}
	return n
}
