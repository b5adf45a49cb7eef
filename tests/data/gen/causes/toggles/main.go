// toggles: a slow reader blocks the writer, which blocks all other readers.
package main

import (
	"fmt"
	"net/http"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type toggles struct {
	mu sync.RWMutex
	on map[string]bool
}

func (t *toggles) enabled(k string) bool { t.mu.RLock(); defer t.mu.RUnlock(); return t.on[k] }
func (t *toggles) set(k string, v bool)  { t.mu.Lock(); t.on[k] = v; t.mu.Unlock() }
func (t *toggles) dump(emit func(string, bool)) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for k, v := range t.on {
		emit(k, v)
	}
}
func main() {
	t := &toggles{on: map[string]bool{}}
	for i := 0; i < 12; i++ {
		t.set(fmt.Sprint(i), i%2 == 0)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, t.enabled(r.FormValue("n"))) })
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	go func() {
		for {
			t.dump(func(string, bool) { time.Sleep(2 * time.Millisecond) })
			time.Sleep(9 * time.Millisecond)
		}
	}()
	go func() {
		for i := 0; ; i++ {
			t.set(fmt.Sprint(i%12), true)
			time.Sleep(3 * time.Millisecond)
		}
	}()
	time.Sleep(300 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(600 * time.Millisecond)
	trace.Stop()
}
