// frames: every filter pass allocates a new frame; memory limit close to the live heap.
package main

import (
	"os"
	"runtime/debug"
	"runtime/trace"
	"sync"
)

type px struct {
	next *px
	v    [6]int
}
type frame struct{ rows []*px }

func newFrame(n int) *frame {
	f := &frame{}
	var p *px
	for i := 0; i < n; i++ {
		p = &px{next: p}
		f.rows = append(f.rows, p)
	}
	return f
}
func (f *frame) blur() *frame {
	g := &frame{}
	var p *px
	for i := range f.rows {
		p = &px{next: p}
		p.v[0] = f.rows[i].v[0]/2 + f.rows[(i+1)%len(f.rows)].v[0]/2
		g.rows = append(g.rows, p)
	}
	return g
}
func main() {
	keep := newFrame(200000)
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(32 << 20)
	trace.Start(os.Stdout)
	var wg sync.WaitGroup
	for w := 0; w < 3; w++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			f := newFrame(2000)
			for i := 0; i < 150; i++ {
				f = f.blur()
			}
		}()
	}
	wg.Wait()
	trace.Stop()
	_ = keep.rows[0]
}
