// mandel: a generic parallel map over bands of unequal cost, on eight procs.
package main

import (
	"os"
	"runtime/trace"
	"sync"
)

type set struct{ out [64]int }

func escape(x, y float64) int {
	var a, b float64
	for i := 0; i < 3000; i++ {
		a, b = a*a-b*b+x, 2*a*b+y
		if a*a+b*b > 4 {
			return i
		}
	}
	return 3000
}
func (s *set) row(y int) {
	for x := 0; x < 120; x++ {
		s.out[y] += escape(float64(x)/120*0.5-0.5, (float64(y)-8)/24)
	}
}
func (s *set) band(from, to int) {
	for y := from; y < to; y++ {
		s.row(y)
	}
}
func mapN[T any](xs []T, f func(T)) {
	var wg sync.WaitGroup
	for _, x := range xs {
		wg.Add(1)
		go func() { defer wg.Done(); f(x) }()
	}
	wg.Wait()
}
func main() {
	trace.Start(os.Stdout)
	for range 6 {
		s := &set{}
		mapN([]int{0, 8, 16, 24, 32, 40, 48, 56}, func(from int) { s.band(from, from+8) })
	}
	trace.Stop()
}
