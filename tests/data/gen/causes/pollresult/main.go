// pollresult starts conversions and asks for their results with a timer in a
// loop, though it could wait for them.
package main

import (
	"io"
	"log"
	"net/http"
	"os"
	"runtime/trace"
	"strings"
	"sync"
	"time"
)

type results struct {
	mu   sync.Mutex
	done map[*http.Request]int
}

func (s *results) convert(r *http.Request) {
	sum := 0
	for range 500 {
		sum += strings.Count(r.URL.RawQuery, "1")
	}
	s.mu.Lock()
	s.done[r] = sum
	s.mu.Unlock()
}

func (s *results) ready(r *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.done[r]
	return ok
}

func (s *results) await(r *http.Request) {
	for !s.ready(r) {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-r.Context().Done():
			return
		}
	}
}

func main() {
	s := &results{done: map[*http.Request]int{}}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		go s.convert(r)
		s.await(r)
		io.WriteString(w, "converted")
	})
	go func() { log.Fatal(http.ListenAndServe(os.Getenv("LISTEN"), nil)) }()
	time.Sleep(250 * time.Millisecond)
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	time.Sleep(400 * time.Millisecond)
	trace.Stop()
}
