// tint starts a goroutine for every pixel of a picture.
package main

import (
	"log"
	"os"
	"runtime/trace"
	"sync"
)

type picture struct {
	width, height int
	pixels        []uint32
}

func (p *picture) tint(by uint32) {
	var all sync.WaitGroup
	for at := range p.pixels {
		all.Add(1)
		go func() {
			defer all.Done()
			p.pixels[at] = p.pixels[at]&0xff00ff00 | by
		}()
	}
	all.Wait()
}

func main() {
	p := &picture{160, 100, make([]uint32, 16_000)}
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	for by := range uint32(2) {
		p.tint(by)
	}
}
