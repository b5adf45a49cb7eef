// logasync: a goroutine per log line.
package main

import (
	"fmt"
	"net/http"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type logger struct {
	mu  sync.Mutex
	n   int
	buf []byte
}

func (l *logger) write(s string) { l.mu.Lock(); l.n++; l.buf = append(l.buf[:0], s...); l.mu.Unlock() }
func (l *logger) Log(s string)   { go l.write(s) }
func main() {
	l := &logger{}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		for i := range 150 {
			l.Log(fmt.Sprint("step ", i))
		}
		fmt.Fprintln(w, "ok")
	})
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(45 * time.Millisecond)
	trace.Stop()
}
