//go:build go1.25

// mosaic paints rows whose cost grows fast with their number, and gives each
// worker one block of neighbouring rows.
package main

import (
	"io"
	"log"
	"math"
	"os"
	"runtime/pprof"
	"runtime/trace"
	"sync"
)

type picture [][]float64

func (p picture) shade(row int) {
	for x := range p[row] {
		z := 0.0
		for k := range row * row / 8 {
			z += math.Sin(z + float64(x*k))
		}
		p[row][x] = z
	}
}

func (p picture) paint(workers int) {
	var group sync.WaitGroup
	each := len(p) / workers
	for worker := range workers {
		group.Go(func() {
			for row := worker * each; row < (worker+1)*each; row++ {
				p.shade(row)
			}
		})
	}
	group.Wait()
}

func main() {
	p := make(picture, 96)
	for row := range p {
		p[row] = make([]float64, 24)
	}
	pprof.StartCPUProfile(io.Discard)
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	for range 4 {
		p.paint(6)
	}
	trace.Stop()
	pprof.StopCPUProfile()
}
