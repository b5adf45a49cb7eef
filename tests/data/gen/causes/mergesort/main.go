// mergesort: a parallel sort that starts a goroutine down to slices of eight.
package main

import (
	"math/rand"
	"os"
	"runtime/trace"
	"sync"
)

func merge(a, b, out []int) {
	i, j := 0, 0
	for k := range out {
		if j == len(b) || i < len(a) && a[i] < b[j] {
			out[k] = a[i]
			i++
		} else {
			out[k] = b[j]
			j++
		}
	}
}
func sortPar(xs []int) {
	if len(xs) <= 8 {
		for i := range xs {
			for j := i; j > 0 && xs[j] < xs[j-1]; j-- {
				xs[j], xs[j-1] = xs[j-1], xs[j]
			}
		}
		return
	}
	m := len(xs) / 2
	var wg sync.WaitGroup
	wg.Add(2)
	go func() { sortPar(xs[:m]); wg.Done() }()
	go func() { sortPar(xs[m:]); wg.Done() }()
	wg.Wait()
	out := make([]int, len(xs))
	merge(xs[:m], xs[m:], out)
	copy(xs, out)
}
func main() { trace.Start(os.Stdout); sortPar(rand.Perm(16000)); trace.Stop() }
