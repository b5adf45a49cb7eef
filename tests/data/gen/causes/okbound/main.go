// okbound: a semaphore as large as there are procs, computing under it.
package main

import (
	"crypto/sha256"
	"os"
	"runtime"
	"runtime/trace"
	"sync"
)

func chew(i int) {
	s := sha256.Sum256([]byte{byte(i)})
	for range 15000 {
		s = sha256.Sum256(s[:])
	}
}
func main() {
	trace.Start(os.Stdout)
	defer trace.Stop()
	sem := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for i := range 120 {
		sem <- struct{}{}
		wg.Add(1)
		go func() { defer func() { <-sem; wg.Done() }(); chew(i) }()
	}
	wg.Wait()
}
