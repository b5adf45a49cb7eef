// counters: generic guarded value, sorting under it from eight workers.
package main

import (
	"math/rand"
	"os"
	"runtime/trace"
	"sort"
	"sync"
	"time"
)

type guarded[T any] struct {
	mu sync.Mutex
	v  T
}

func (g *guarded[T]) do(f func(*T)) { g.mu.Lock(); f(&g.v); g.mu.Unlock() }

type histogram struct {
	all []float64
	p99 float64
}

func percentile(xs []float64) float64 {
	c := append([]float64(nil), xs...)
	sort.Float64s(c)
	return c[len(c)*99/100]
}
func observe(g *guarded[histogram], x float64) {
	g.do(func(h *histogram) {
		h.all = append(h.all, x)
		if len(h.all) > 4000 {
			h.all = h.all[2000:]
		}
		h.p99 = percentile(h.all)
	})
}
func work(r *rand.Rand) float64 {
	t := 0.0
	for i := 0; i < 20000; i++ {
		t += r.Float64()
	}
	return t
}
func main() {
	g := &guarded[histogram]{}
	for i := 0; i < 3000; i++ {
		g.v.all = append(g.v.all, rand.Float64())
	}
	trace.Start(os.Stdout)
	var wg sync.WaitGroup
	end := time.Now().Add(350 * time.Millisecond)
	for i := 0; i < 8; i++ {
		wg.Add(1)
		go func(n int64) {
			defer wg.Done()
			r := rand.New(rand.NewSource(n))
			for time.Now().Before(end) {
				observe(g, work(r))
			}
		}(int64(i))
	}
	wg.Wait()
	trace.Stop()
}
