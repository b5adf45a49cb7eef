// Tasks in every shape: nested three deep, spread over goroutines, ended by
// another goroutine than the one that began it, ended twice, never ended,
// begun before the trace, and regions in one task inside regions of another.
package main

import (
	"context"
	"log"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

func main() {
	early, earlyTask := trace.NewTask(context.Background(), "begun before the trace")
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()

	trace.Log(early, "note", "the task's begin is not in the trace")
	trace.WithRegion(early, "late region", func() { time.Sleep(100 * time.Microsecond) })
	earlyTask.End()

	order, orderTask := trace.NewTask(context.Background(), "order")
	nested(order, 3)
	handOver(order)
	crossed(order)
	orderTask.End()
	orderTask.End() // A second end is recorded like the first.

	_, _ = trace.NewTask(order, "child of an ended task, never ended")
	trace.Log(context.Background(), "", "a log in no task, with an empty category")
	trace.StartRegion(order, "never ended")
}

// nested makes two children at each depth, one of them on its own goroutine.
func nested(ctx context.Context, depth int) {
	if depth == 0 {
		trace.WithRegion(ctx, "leaf", func() { time.Sleep(50 * time.Microsecond) })
		return
	}
	names := []string{"", "cook", "prepare", "serve"}
	ctx, task := trace.NewTask(ctx, names[depth])
	defer task.End()
	trace.Logf(ctx, "depth", "%d to go", depth)
	var group sync.WaitGroup
	group.Add(1)
	go func() {
		defer group.Done()
		defer trace.StartRegion(ctx, "on a goroutine of its own").End()
		nested(ctx, depth-1)
	}()
	defer trace.StartRegion(ctx, "on the same goroutine").End()
	nested(ctx, depth-1)
	group.Wait()
}

// handOver lets another goroutine end the task.
func handOver(ctx context.Context) {
	ctx, task := trace.NewTask(ctx, "handed over")
	done := make(chan struct{})
	go func() {
		trace.WithRegion(ctx, "finish", func() { time.Sleep(100 * time.Microsecond) })
		task.End()
		close(done)
	}()
	<-done
}

// crossed puts regions of two tasks inside each other.
func crossed(ctx context.Context) {
	left, leftTask := trace.NewTask(ctx, "left")
	right, rightTask := trace.NewTask(ctx, "right")
	a := trace.StartRegion(left, "outer")
	b := trace.StartRegion(right, "inner")
	leftTask.End()
	b.End()
	a.End()
	rightTask.End()
}
