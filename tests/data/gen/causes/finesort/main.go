// finesort sorts with as many goroutines as there are processors and merges
// what they sorted.
package main

import (
	"log"
	"math/rand"
	"os"
	"runtime/trace"
	"slices"
	"sync"
)

func merge(a, b []int) []int {
	out := make([]int, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0] <= b[0] {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}

func sortAll(numbers []int, depth int) []int {
	if depth == 0 {
		slices.Sort(numbers)
		return numbers
	}
	middle := len(numbers) / 2
	var left []int
	var half sync.WaitGroup
	half.Add(1)
	go func() {
		defer half.Done()
		left = sortAll(numbers[:middle], depth-1)
	}()
	right := sortAll(numbers[middle:], depth-1)
	half.Wait()
	return merge(left, right)
}

func main() {
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	for range 6 {
		sortAll(rand.Perm(300_000), 2)
	}
}
