// okpipe: a pipeline in balance: two goroutines for each stage.
package main

import (
	"hash/crc32"
	"os"
	"runtime/trace"
	"sync"
)

type msg struct {
	b []byte
	s uint32
}

func work(m *msg) {
	for i := 0; i < 40; i++ {
		m.s ^= crc32.ChecksumIEEE(m.b)
	}
}
func stage(in <-chan *msg, n int) <-chan *msg {
	out := make(chan *msg, 32)
	var wg sync.WaitGroup
	for range n {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for m := range in {
				work(m)
				out <- m
			}
		}()
	}
	go func() { wg.Wait(); close(out) }()
	return out
}
func main() {
	trace.Start(os.Stdout)
	defer trace.Stop()
	src := make(chan *msg, 32)
	go func() {
		for range 800 {
			src <- &msg{b: make([]byte, 2000)}
		}
		close(src)
	}()
	n := 0
	for range stage(stage(stage(src, 2), 2), 2) {
		n++
	}
}
