// epochs: of five workers in epochs one also writes a checkpoint.
package main

import (
	"math"
	"os"
	"runtime/trace"
	"sync"
)

type barrier struct {
	mu         sync.Mutex
	c          *sync.Cond
	n, at, gen int
}

func (b *barrier) arrive() {
	b.mu.Lock()
	defer b.mu.Unlock()
	g := b.gen
	b.at++
	if b.at == b.n {
		b.at = 0
		b.gen++
		b.c.Broadcast()
		return
	}
	for g == b.gen {
		b.c.Wait()
	}
}

type shard struct {
	id int
	w  []float64
}

func (s *shard) epoch() {
	for i := range s.w {
		s.w[i] = math.Sin(s.w[i] + float64(i))
	}
}
func (s *shard) checkpoint() {
	f, err := os.CreateTemp(".", "tmpckpt")
	if err != nil {
		return
	}
	defer os.Remove(f.Name())
	defer f.Close()
	for range 60 {
		f.Write(make([]byte, 20000))
		f.Sync()
	}
}
func train(s *shard, b *barrier, wg *sync.WaitGroup) {
	defer wg.Done()
	for range 30 {
		s.epoch()
		if s.id == 3 {
			s.checkpoint()
		}
		b.arrive()
	}
}
func main() {
	b := &barrier{n: 5}
	b.c = sync.NewCond(&b.mu)
	var wg sync.WaitGroup
	trace.Start(os.Stdout)
	for i := range 5 {
		wg.Add(1)
		go train(&shard{i, make([]float64, 20000)}, b, &wg)
	}
	wg.Wait()
	trace.Stop()
}
