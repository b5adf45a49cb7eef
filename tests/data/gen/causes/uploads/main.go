// uploads: producers stay behind in sends after their consumer gave up.
package main

import (
	"errors"
	"math/rand"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

func list(n int) <-chan int {
	out := make(chan int)
	go func() {
		defer close(out)
		for i := 0; i < n; i++ {
			out <- i
		}
	}()
	return out
}
func upload(i int) error {
	time.Sleep(300 * time.Microsecond)
	if rand.Intn(6) == 0 {
		return errors.New("quota")
	}
	return nil
}
func batch() error {
	for i := range list(10) {
		if err := upload(i); err != nil {
			return err
		}
	}
	return nil
}
func main() {
	trace.Start(os.Stdout)
	defer trace.Stop()
	var wg sync.WaitGroup
	for w := 0; w < 4; w++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := 0; i < 60; i++ {
				batch()
				time.Sleep(time.Millisecond)
			}
		}()
	}
	wg.Wait()
}
