// heapdump: a monitor reads memory statistics in a tight loop with short pauses.
package main

import (
	"fmt"
	"net/http"
	"os"
	"runtime"
	"runtime/trace"
	"sync/atomic"
	"time"
)

type monitor struct{ heap atomic.Uint64 }

func (m *monitor) check() {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	m.heap.Store(s.HeapAlloc)
}
func (m *monitor) watch() {
	for {
		m.check()
		time.Sleep(200 * time.Microsecond)
	}
}
func main() {
	m := &monitor{}
	go m.watch()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s := 0
		for i := range 200000 {
			s += i * i
		}
		fmt.Fprintln(w, s, m.heap.Load())
	})
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(500 * time.Millisecond)
	trace.Stop()
}
