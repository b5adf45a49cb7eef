// gauge reads the memory statistics, which stop the world, with every item
// that its workers process.
package main

import (
	"crypto/sha256"
	"log"
	"os"
	"runtime"
	"runtime/trace"
	"sync"
)

type gauge struct {
	mu   sync.Mutex
	peak uint64
}

func (g *gauge) sample() {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	g.mu.Lock()
	g.peak = max(g.peak, stats.HeapAlloc)
	g.mu.Unlock()
}

func process(item []byte) (sum [32]byte) {
	for range 8 {
		sum = sha256.Sum256(append(item, sum[:]...))
	}
	return sum
}

func main() {
	g := &gauge{}
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	items := make(chan []byte)
	var done sync.WaitGroup
	for range 4 {
		done.Add(1)
		go func() {
			defer done.Done()
			for item := range items {
				process(item)
				g.sample()
			}
		}()
	}
	for range 4000 {
		items <- make([]byte, 512)
	}
	close(items)
	done.Wait()
}
