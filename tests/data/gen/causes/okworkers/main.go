// okworkers: eight workers take jobs of a queue and wait for a remote service (sleep), jobs come at a rate they can keep up with.
package main

import (
	"math/rand"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

func remote() { time.Sleep(time.Duration(2+rand.Intn(4)) * time.Millisecond) }
func main() {
	trace.Start(os.Stdout)
	defer trace.Stop()
	jobs := make(chan int, 16)
	var wg sync.WaitGroup
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range jobs {
				remote()
			}
		}()
	}
	for i := range 300 {
		jobs <- i
		time.Sleep(time.Millisecond)
	}
	close(jobs)
	wg.Wait()
}
