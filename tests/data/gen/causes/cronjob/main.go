// cronjob: handlers poll a status with growing pauses, guarded by a mutex.
package main

import (
	"fmt"
	"net/http"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type export struct {
	mu    sync.Mutex
	state string
}

func (e *export) status() string { e.mu.Lock(); defer e.mu.Unlock(); return e.state }
func (e *export) build() {
	time.Sleep(13 * time.Millisecond)
	e.mu.Lock()
	e.state = "done"
	e.mu.Unlock()
}
func (e *export) ready(timeout time.Duration) bool {
	d := 2 * time.Millisecond
	for end := time.Now().Add(timeout); time.Now().Before(end); {
		if e.status() == "done" {
			return true
		}
		time.Sleep(d)
		if d < 16*time.Millisecond {
			d *= 2
		}
	}
	return false
}
func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		e := &export{}
		go e.build()
		fmt.Fprint(w, e.ready(time.Second))
	})
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(700 * time.Millisecond)
	trace.Stop()
}
