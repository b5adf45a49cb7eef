// render3d: a baker with six goroutines crowds out requests that only need little.
package main

import (
	"fmt"
	"math"
	"net/http"
	"os"
	"runtime/trace"
	"time"
)

type mesh struct{ v []float64 }

func (m *mesh) smooth() {
	for k := 0; k < 50; k++ {
		for i := 1; i < len(m.v)-1; i++ {
			m.v[i] = (m.v[i-1] + math.Abs(m.v[i]) + m.v[i+1]) / 3
		}
	}
}

type baker struct{ jobs chan *mesh }

func (b *baker) run() {
	for m := range b.jobs {
		m.smooth()
		b.jobs <- m
	}
}
func main() {
	b := &baker{make(chan *mesh, 32)}
	for range 12 {
		b.jobs <- &mesh{make([]float64, 20000)}
	}
	for range 6 {
		go b.run()
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, len(r.FormValue("n"))) })
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(300 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(700 * time.Millisecond)
	trace.Stop()
}
