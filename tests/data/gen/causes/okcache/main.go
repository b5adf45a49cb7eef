// okcache: a cache behind a correct RWMutex, misses fetched outside of the lock.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type cache struct {
	mu sync.RWMutex
	m  map[string]string
}

func (c *cache) get(k string) string {
	c.mu.RLock()
	v, ok := c.m[k]
	c.mu.RUnlock()
	if ok {
		return v
	}
	r, err := http.Get(os.Getenv("BACKEND") + "?ms=3")
	if err != nil {
		return ""
	}
	b, _ := io.ReadAll(r.Body)
	r.Body.Close()
	c.mu.Lock()
	c.m[k] = string(b)
	c.mu.Unlock()
	return string(b)
}
func main() {
	c := &cache{m: map[string]string{}}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, c.get(r.FormValue("n"))) })
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(250 * time.Millisecond)
	trace.Stop()
}
