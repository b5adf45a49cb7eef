// egroup: an errgroup-like SetLimit(2) over forty waits.
package main

import (
	"context"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type group struct {
	wg     sync.WaitGroup
	sem    chan struct{}
	once   sync.Once
	err    error
	cancel func()
}

func withContext(ctx context.Context) (*group, context.Context) {
	ctx, c := context.WithCancel(ctx)
	return &group{cancel: c}, ctx
}
func (g *group) SetLimit(n int) { g.sem = make(chan struct{}, n) }
func (g *group) done()          { <-g.sem; g.wg.Done() }
func (g *group) Go(f func() error) {
	g.sem <- struct{}{}
	g.wg.Add(1)
	go func() {
		defer g.done()
		if err := f(); err != nil {
			g.once.Do(func() { g.err = err; g.cancel() })
		}
	}()
}
func (g *group) Wait() error { g.wg.Wait(); return g.err }
func download(ctx context.Context, i int) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(12 * time.Millisecond):
		return nil
	}
}
func crawlAll() error {
	g, ctx := withContext(context.Background())
	g.SetLimit(2)
	for i := 0; i < 40; i++ {
		g.Go(func() error { return download(ctx, i) })
	}
	return g.Wait()
}
func main() { trace.Start(os.Stdout); crawlAll(); trace.Stop() }
