//go:build go1.23

// Coroutines: iter.Pull switches straight from one goroutine to another.
//
// The trace shows goroutine switches without the scheduler: an iterator run to
// its end (its last switch destroys it), one stopped early, one that pulls
// from another one, and a walk over a tree.
package main

import (
	"context"
	"iter"
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

	ctx := context.Background()
	trace.WithRegion(ctx, "to the end", func() { drain(numbers(10)) })
	trace.WithRegion(ctx, "stopped early", func() {
		next, stop := iter.Pull(numbers(1000))
		for range 5 {
			next()
		}
		stop()
	})
	trace.WithRegion(ctx, "never started", func() {
		_, stop := iter.Pull(numbers(1))
		stop()
	})
	trace.WithRegion(ctx, "one inside another", func() { drain(pairs(numbers(6))) })
	trace.WithRegion(ctx, "blocks inside", func() { drain(slowNumbers(3)) })
	trace.WithRegion(ctx, "tree", func() { drain(grow(4).all()) })
}

// drain pulls until nothing is left.
func drain[T any](seq iter.Seq[T]) {
	next, stop := iter.Pull(seq)
	defer stop()
	for {
		if _, ok := next(); !ok {
			return
		}
	}
}

func numbers(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

func slowNumbers(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			time.Sleep(100 * time.Microsecond)
			if !yield(i) {
				return
			}
		}
	}
}

// pairs pulls from another iterator two at a time.
func pairs(seq iter.Seq[int]) iter.Seq[[2]int] {
	return func(yield func([2]int) bool) {
		next, stop := iter.Pull(seq)
		defer stop()
		for {
			a, ok := next()
			if !ok {
				return
			}
			b, _ := next()
			if !yield([2]int{a, b}) {
				return
			}
		}
	}
}

type tree struct{ left, right *tree }

func grow(depth int) *tree {
	if depth == 0 {
		return nil
	}
	return &tree{grow(depth - 1), grow(depth - 1)}
}

func (t *tree) all() iter.Seq[*tree] {
	return func(yield func(*tree) bool) { t.push(yield) }
}

func (t *tree) push(yield func(*tree) bool) bool {
	return t == nil || t.left.push(yield) && yield(t) && t.right.push(yield)
}
