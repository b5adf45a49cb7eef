// prices answers lookups from a table behind an RWMutex; now and then a
// goroutine builds the table anew while it holds the lock for writing.
package main

import (
	"log"
	"math"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type table struct {
	sync.RWMutex
	prices map[int]float64
}

func (t *table) price(id int) float64 {
	t.RLock()
	defer t.RUnlock()
	return t.prices[id]
}

func (t *table) rebuild(round int) {
	t.Lock()
	defer t.Unlock()
	for id := range 1200 {
		price := 0.0
		for k := 1; k < 900; k++ {
			price += math.Sin(float64(id*k+round)) / float64(k)
		}
		t.prices[id] = price
	}
}

func main() {
	t := &table{prices: map[int]float64{}}
	t.rebuild(0)
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	stop := time.Now().Add(700 * time.Millisecond)
	var done sync.WaitGroup
	for i := range 10 {
		done.Add(1)
		go func() {
			defer done.Done()
			for n := i; time.Now().Before(stop); n++ {
				t.price(n % 1200)
				time.Sleep(2 * time.Millisecond)
			}
		}()
	}
	for round := 1; time.Now().Before(stop); round++ {
		t.rebuild(round)
		time.Sleep(25 * time.Millisecond)
	}
	done.Wait()
}
