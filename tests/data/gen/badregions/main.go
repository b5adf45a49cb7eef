// Regions ended in the wrong order.
//
// The trace's documentation asks for proper nesting; nothing enforces it when
// a program is recorded. Go's own reader stops at the first region that is not
// ended by its name; what was before and after is sound. At the end, a region
// is ended twice, and one ended by another goroutine than began it.
package main

import (
	"context"
	"log"
	"os"
	"runtime/trace"
	"time"
)

func main() {
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()

	ctx, task := trace.NewTask(context.Background(), "tidy at first")
	trace.WithRegion(ctx, "nested well", func() { time.Sleep(100 * time.Microsecond) })
	first := trace.StartRegion(ctx, "first")
	second := trace.StartRegion(ctx, "second")
	time.Sleep(100 * time.Microsecond)
	first.End()
	time.Sleep(100 * time.Microsecond)
	second.End()
	trace.WithRegion(ctx, "nested well again", func() { time.Sleep(100 * time.Microsecond) })
	second.End()

	done := make(chan struct{})
	stray := trace.StartRegion(ctx, "stray")
	go func() {
		own := trace.StartRegion(ctx, "own")
		stray.End()
		own.End()
		close(done)
	}()
	<-done
	task.End()
}
