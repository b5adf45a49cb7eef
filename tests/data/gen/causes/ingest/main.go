// ingest parses measurements in many goroutines and has a single one of them
// add them up, which is slower than they are.
package main

import (
	"log"
	"math"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type measurement struct{ values [32]float64 }

type series struct {
	mean [32]float64
	seen int
}

func (s *series) merge(m measurement) {
	s.seen++
	for i, value := range m.values {
		for k := range 120 {
			s.mean[i] += math.Sqrt(value*float64(k)) / float64(s.seen)
		}
	}
}

func (s *series) consume(in <-chan measurement, done chan<- struct{}) {
	for m := range in {
		s.merge(m)
	}
	close(done)
}

func sensor(id int, out chan<- measurement, all *sync.WaitGroup) {
	defer all.Done()
	for n := range 250 {
		var m measurement
		for i := range m.values {
			m.values[i] = float64(id + n*i)
		}
		out <- m
		if n%10 == 0 {
			time.Sleep(100 * time.Microsecond)
		}
	}
}

func main() {
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	in, done := make(chan measurement, 8), make(chan struct{})
	go new(series).consume(in, done)
	var all sync.WaitGroup
	for id := range 8 {
		all.Add(1)
		go sensor(id, in, &all)
	}
	all.Wait()
	close(in)
	<-done
}
