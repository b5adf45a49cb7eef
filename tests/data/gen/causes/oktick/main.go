// oktick: tickers at different rhythms that do a little each.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type gauge struct {
	mu sync.Mutex
	v  map[string]int
}

func (g *gauge) inc(k string) { g.mu.Lock(); g.v[k]++; g.mu.Unlock() }
func every(ctx context.Context, d time.Duration, f func()) {
	t := time.NewTicker(d)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			f()
		case <-ctx.Done():
			return
		}
	}
}
func main() {
	trace.Start(os.Stdout)
	defer trace.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), 1500*time.Millisecond)
	defer cancel()
	g := &gauge{v: map[string]int{}}
	var wg sync.WaitGroup
	for i, d := range []int{5, 20, 50, 200} {
		wg.Add(1)
		go func() {
			defer wg.Done()
			every(ctx, time.Duration(d)*time.Millisecond, func() { g.inc(fmt.Sprint(i)); fmt.Fprintln(io.Discard, i) })
		}()
	}
	wg.Wait()
}
