// waitfile: tasks poll with stat and sleep for a file another one writes.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/trace"
	"sync"
	"time"
)

type task struct {
	dir string
	id  int
}

func waitFor(p string) {
	for {
		if _, err := os.Stat(p); err == nil {
			return
		}
		time.Sleep(8 * time.Millisecond)
	}
}
func (t *task) run() {
	p := filepath.Join(t.dir, fmt.Sprint(t.id))
	go func() { time.Sleep(21 * time.Millisecond); os.WriteFile(p, []byte("done"), 0o600) }()
	waitFor(p)
}
func main() {
	d, _ := os.MkdirTemp("", "wf")
	defer os.RemoveAll(d)
	trace.Start(os.Stdout)
	defer trace.Stop()
	var wg sync.WaitGroup
	for w := 0; w < 4; w++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := 0; i < 12; i++ {
				(&task{d, w*100 + i}).run()
			}
		}()
	}
	wg.Wait()
}
