// A trace that begins in the middle of a collection, and ends in one.
//
// Marking, an assist or a sweep is under way when the first event is written,
// so the trace reports them as already active. Which of them depends on luck:
// the program tries again, up to 200 times, until the collector is seen
// marking before and after the start, and writes that trace.
package main

import (
	"bytes"
	"log"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"runtime/trace"
	"time"
)

type node struct{ children [4]*node }

var keep [4]*node

func main() {
	debug.SetGCPercent(10)
	for i := range keep {
		go func(tree **node) {
			for {
				*tree = grow(7)
			}
		}(&keep[i])
	}
	time.Sleep(20 * time.Millisecond)

	var buf bytes.Buffer
	for i := 0; i < 200; i++ {
		buf.Reset()
		before := cycles()
		if err := trace.Start(&buf); err != nil {
			log.Fatal(err)
		}
		time.Sleep(4 * time.Millisecond)
		trace.Stop()
		if bytes.Contains(buf.Bytes(), []byte("GC mark assist wait for work")) && cycles() > before+1 {
			break
		}
	}
	os.Stdout.Write(buf.Bytes())
}

// cycles is the number of collections finished so far.
func cycles() uint64 {
	sample := []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

func grow(depth int) *node {
	n := new(node)
	if depth > 0 {
		for i := range n.children {
			n.children[i] = grow(depth - 1)
		}
	}
	return n
}
