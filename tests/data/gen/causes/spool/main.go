// spool: a worker pool that syncs every message.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/trace"
	"sync"
)

type spool struct{ dir string }

func (s *spool) put(id, n int, b []byte) error {
	f, err := os.OpenFile(filepath.Join(s.dir, fmt.Sprint(id)), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	f.Write(b)
	return f.Sync()
}
func worker(id int, s *spool, in <-chan []byte, wg *sync.WaitGroup) {
	defer wg.Done()
	n := 0
	for b := range in {
		n++
		s.put(id, n, b)
	}
}
func main() {
	d, _ := os.MkdirTemp(".", "tmpspool")
	defer os.RemoveAll(d)
	s := &spool{d}
	in := make(chan []byte, 8)
	var wg sync.WaitGroup
	trace.Start(os.Stdout)
	for i := 0; i < 3; i++ {
		wg.Add(1)
		go worker(i, s, in, &wg)
	}
	for i := 0; i < 900; i++ {
		in <- []byte("message")
	}
	close(in)
	wg.Wait()
	trace.Stop()
}
