// okgame: a game loop at 60 frames per second with two helpers for each frame.
package main

import (
	"context"
	"math"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type world struct{ x [2000]float64 }

func (w *world) step(from, to int) {
	for k := 0; k < 20; k++ {
		for i := from; i < to; i++ {
			w.x[i] = math.Sin(w.x[i] + 0.1)
		}
	}
}
func (w *world) frame(ctx context.Context) {
	defer trace.StartRegion(ctx, "frame").End()
	var wg sync.WaitGroup
	for p := range 2 {
		wg.Add(1)
		go func() { defer wg.Done(); w.step(p*1000, p*1000+1000) }()
	}
	wg.Wait()
}
func main() {
	w := &world{}
	trace.Start(os.Stdout)
	defer trace.Stop()
	t := time.NewTicker(time.Second / 60)
	for range 60 {
		<-t.C
		w.frame(context.Background())
	}
}
