// okpool: a busy, balanced pool that computes.
package main

import (
	"crypto/sha256"
	"os"
	"runtime/trace"
	"sync"
)

func hash(i int) (s [32]byte) {
	s[0] = byte(i)
	for k := 0; k < 3000; k++ {
		s = sha256.Sum256(s[:])
	}
	return
}
func main() {
	trace.Start(os.Stdout)
	defer trace.Stop()
	in := make(chan int)
	out := make(chan [32]byte, 64)
	var wg sync.WaitGroup
	for range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range in {
				out <- hash(i)
			}
		}()
	}
	go func() {
		for i := range 600 {
			in <- i
		}
		close(in)
		wg.Wait()
		close(out)
	}()
	n := 0
	for range out {
		n++
	}
}
