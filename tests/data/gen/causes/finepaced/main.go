// finepaced produces samples at a fixed rate, which is all it is meant to do,
// and hands them to a consumer with a buffer.
package main

import (
	"log"
	"math"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

func produce(channel int, samples chan<- float64, count int, done *sync.WaitGroup) {
	defer done.Done()
	for n := range count {
		samples <- math.Sin(float64(n * channel))
		time.Sleep(2 * time.Millisecond)
	}
}

func consume(samples <-chan float64, mean chan<- float64) {
	sum, count := 0.0, 0.0
	for sample := range samples {
		sum, count = sum+sample, count+1
	}
	mean <- sum / count
}

func main() {
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	samples, mean := make(chan float64, 32), make(chan float64)
	go consume(samples, mean)
	var done sync.WaitGroup
	for channel := range 6 {
		done.Add(1)
		go produce(channel, samples, 250, &done)
	}
	done.Wait()
	close(samples)
	<-mean
}
