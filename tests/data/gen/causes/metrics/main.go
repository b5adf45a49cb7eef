// metrics: handlers post to a channel that one goroutine empties, computing.
package main

import (
	"fmt"
	"math"
	"net/http"
	"os"
	"runtime/trace"
	"time"
)

type sample struct{ v float64 }
type aggregator struct {
	in  chan sample
	sum float64
}

func (a *aggregator) fold(s sample) {
	for i := 0; i < 60000; i++ {
		a.sum += math.Sqrt(s.v + float64(i))
	}
}
func (a *aggregator) loop() {
	for s := range a.in {
		a.fold(s)
	}
}
func main() {
	a := &aggregator{in: make(chan sample, 4)}
	go a.loop()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		for i := range 6 {
			a.in <- sample{float64(i)}
		}
		fmt.Fprintln(w, "ok")
	})
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(350 * time.Millisecond)
	trace.Stop()
}
