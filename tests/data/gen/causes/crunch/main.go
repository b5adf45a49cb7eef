// crunch: a slice is cut into four chunks of equal length, but the cost of items grows.
package main

import (
	"os"
	"runtime/trace"
	"sync"
)

type chunk struct {
	from, to int
	sum      uint64
}

func mix(n int) (h uint64) {
	h = 14695981039346656037
	for i := 0; i < n; i++ {
		h ^= uint64(i)
		h *= 1099511628211
	}
	return
}
func (c *chunk) crunch() {
	for i := c.from; i < c.to; i++ {
		c.sum += mix(i * i / 40)
	}
}
func run(n, parts int) (sum uint64) {
	var wg sync.WaitGroup
	cs := make([]chunk, parts)
	for p := range cs {
		cs[p] = chunk{from: p * n / parts, to: (p + 1) * n / parts}
		wg.Add(1)
		go func(c *chunk) { defer wg.Done(); c.crunch() }(&cs[p])
	}
	wg.Wait()
	for _, c := range cs {
		sum += c.sum
	}
	return
}
func main() {
	trace.Start(os.Stdout)
	defer trace.Stop()
	for range 5 {
		run(1200, 4)
	}
}
