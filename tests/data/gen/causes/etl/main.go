// etl: rows are routed by key to four loaders, most to one; inserting waits.
package main

import (
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type row struct{ key int }
type loader struct {
	in chan row
	n  int
}

func (l *loader) insert(r row) { time.Sleep(800 * time.Microsecond); l.n++ }
func (l *loader) run(wg *sync.WaitGroup) {
	defer wg.Done()
	for r := range l.in {
		l.insert(r)
	}
}
func route(r row, n int) int {
	if r.key%10 < 7 {
		return 0
	}
	return r.key % n
}
func main() {
	trace.Start(os.Stdout)
	var wg sync.WaitGroup
	ls := make([]*loader, 4)
	for i := range ls {
		ls[i] = &loader{in: make(chan row, 1000)}
		wg.Add(1)
		go ls[i].run(&wg)
	}
	for i := 0; i < 500; i++ {
		r := row{i}
		ls[route(r, 4)].in <- r
	}
	for _, l := range ls {
		close(l.in)
	}
	wg.Wait()
	trace.Stop()
}
