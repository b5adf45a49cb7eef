// mapreduce has five long-lived workers sum up a part each per round; they
// meet at a WaitGroup, and one part has rows that are far longer.
package main

import (
	"hash/fnv"
	"log"
	"os"
	"runtime/trace"
	"sync"
)

type part struct{ rows [][]byte }

func (p *part) sum() (sum uint64) {
	for _, row := range p.rows {
		h := fnv.New64a()
		h.Write(row)
		sum += h.Sum64()
	}
	return sum
}

type meeting struct {
	mu    sync.Mutex
	count int
	open  chan struct{}
}

// join waits until all five are there.
func (m *meeting) join() {
	m.mu.Lock()
	open := m.open
	if m.count++; m.count == 5 {
		m.count, m.open = 0, make(chan struct{})
		close(open)
	}
	m.mu.Unlock()
	<-open
}

func work(p *part, m *meeting, done *sync.WaitGroup) {
	defer done.Done()
	for range 100 {
		p.sum()
		m.join()
	}
}

func main() {
	m := &meeting{open: make(chan struct{})}
	var parts []*part
	for at := range 5 {
		size := 1000
		if at == 3 {
			size = 30_000
		}
		p := &part{}
		for range 120 {
			p.rows = append(p.rows, make([]byte, size))
		}
		parts = append(parts, p)
	}
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	var done sync.WaitGroup
	for _, p := range parts {
		done.Add(1)
		go work(p, m, &done)
	}
	done.Wait()
}
