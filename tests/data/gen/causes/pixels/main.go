// pixels: a helper runs a goroutine for each pixel of a row.
package main

import (
	"os"
	"runtime/trace"
	"sync"
)

type img struct {
	w, h int
	p    []byte
}

func each(n int, f func(int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Add(1)
		go func() { defer wg.Done(); f(i) }()
	}
	wg.Wait()
}
func (m *img) invert() {
	for y := range m.h {
		each(m.w, func(x int) { m.p[y*m.w+x] ^= 255 })
	}
}
func main() {
	m := &img{w: 300, h: 40}
	m.p = make([]byte, m.w*m.h)
	trace.Start(os.Stdout)
	m.invert()
	trace.Stop()
}
