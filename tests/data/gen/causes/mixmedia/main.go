// mixmedia: fsync under the lock; besides collections, a ticker, an idle pool and a short serial exchange.
package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type store struct {
	mu   sync.Mutex
	docs map[string]string
	f    *os.File
}

func (s *store) persist(k string) {
	for i := 0; i < 30; i++ {
		s.f.WriteString(k)
		s.f.Sync()
	}
}
func (s *store) save(k, v string) {
	s.mu.Lock()
	s.docs[k] = v
	if len(s.docs)%5 == 0 {
		s.persist(k)
	}
	s.mu.Unlock()
}
func (s *store) load(k string) string { s.mu.Lock(); defer s.mu.Unlock(); return s.docs[k] }
func main() {
	f, _ := os.CreateTemp(".", "tmpmix")
	defer os.Remove(f.Name())
	s := &store{docs: map[string]string{}, f: f}
	idle := make(chan int)
	for i := 0; i < 12; i++ {
		go func() {
			for range idle {
			}
		}()
	}
	go func() {
		for range time.Tick(30 * time.Millisecond) {
			json.Marshal(map[string]int{"a": 1})
		}
	}()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		k := r.FormValue("n")
		b, _ := json.Marshal(make([]int, 400))
		s.save(k, string(b))
		fmt.Fprint(w, s.load(k))
	})
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(500 * time.Millisecond)
	trace.Stop()
}
