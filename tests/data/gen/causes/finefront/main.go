// finefront asks three services at once for each request, caches some answers
// behind an RWMutex, and logs through a goroutine that keeps up.
package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type front struct {
	client http.Client
	mu     sync.RWMutex
	cache  map[string]string
	lines  chan string
}

func (f *front) ask(part string) string {
	f.mu.RLock()
	known, ok := f.cache[part]
	f.mu.RUnlock()
	if ok {
		return known
	}
	r, err := f.client.Get(os.Getenv("BACKEND") + "?" + part)
	if err != nil {
		return err.Error()
	}
	defer r.Body.Close()
	text, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	f.cache[part] = string(text)
	f.mu.Unlock()
	return string(text)
}

func (f *front) handle(w http.ResponseWriter, r *http.Request) {
	var all sync.WaitGroup
	parts := make([]string, 3)
	for at := range parts {
		all.Add(1)
		go func() {
			defer all.Done()
			parts[at] = f.ask(fmt.Sprintf("n=%s&part=%d", r.URL.Query().Get("n"), at))
		}()
	}
	all.Wait()
	f.lines <- r.URL.String()
	fmt.Fprintln(w, parts)
}

func main() {
	f := &front{cache: map[string]string{}, lines: make(chan string, 100)}
	f.client.Transport = &http.Transport{MaxIdleConnsPerHost: 64}
	go func() {
		for line := range f.lines {
			fmt.Fprintln(io.Discard, line)
		}
	}()
	http.HandleFunc("/", f.handle)
	go func() { log.Fatal(http.ListenAndServe(os.Getenv("LISTEN"), nil)) }()
	time.Sleep(250 * time.Millisecond)
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	time.Sleep(600 * time.Millisecond)
	trace.Stop()
}
