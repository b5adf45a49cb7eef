// logsink: rotation writes and syncs files under lock helpers.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime/trace"
	"sync"
	"time"
)

type sink struct {
	mu  sync.Mutex
	buf bytes.Buffer
	dir string
	n   int
}

func (s *sink) enter() { s.mu.Lock() }
func (s *sink) leave() { s.mu.Unlock() }
func (s *sink) flush(p string) error {
	f, err := os.Create(p)
	if err != nil {
		return err
	}
	defer f.Close()
	for i := 0; i < 40; i++ {
		f.Write(s.buf.Bytes())
		f.Sync()
	}
	return nil
}
func (s *sink) rotate() {
	s.enter()
	defer s.leave()
	s.n++
	s.flush(filepath.Join(s.dir, fmt.Sprint(s.n%3)))
	s.buf.Reset()
}
func (s *sink) log(line string) { s.enter(); s.buf.WriteString(line); s.leave() }
func main() {
	d, _ := os.MkdirTemp(".", "tmplog")
	defer os.RemoveAll(d)
	s := &sink{dir: d}
	stop := make(chan bool)
	var wg sync.WaitGroup
	trace.Start(os.Stdout)
	for i := 0; i < 6; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			for {
				select {
				case <-stop:
					return
				default:
				}
				s.log(fmt.Sprintln("worker", i, time.Now()))
				time.Sleep(300 * time.Microsecond)
			}
		}(i)
	}
	t := time.NewTicker(20 * time.Millisecond)
	for i := 0; i < 25; i++ {
		<-t.C
		s.rotate()
	}
	close(stop)
	wg.Wait()
	trace.Stop()
}
