// sessions: every request scans all sessions inside a withLock helper.
package main

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

func withLock(mu *sync.Mutex, f func()) { mu.Lock(); defer mu.Unlock(); f() }

type sessions struct {
	mu    sync.Mutex
	seen  map[string]time.Time
	total uint32
}

func (s *sessions) expire(now time.Time) {
	h := fnv.New32a()
	for k, t := range s.seen {
		for i := 0; i < 12; i++ {
			h.Write([]byte(k))
		}
		if now.Sub(t) > time.Hour {
			delete(s.seen, k)
		}
	}
	s.total = h.Sum32()
}
func (s *sessions) touch(id string) {
	withLock(&s.mu, func() { now := time.Now(); s.expire(now); s.seen[id] = now })
}
func (s *sessions) count() (n int) { withLock(&s.mu, func() { n = len(s.seen) }); return }
func main() {
	s := &sessions{seen: map[string]time.Time{}}
	for i := 0; i < 9000; i++ {
		s.seen[fmt.Sprint("session-", i)] = time.Now()
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.touch(r.URL.Query().Get("n"))
		fmt.Fprintln(w, s.count())
	})
	go http.ListenAndServe(os.Getenv("LISTEN"), mux)
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(400 * time.Millisecond)
	trace.Stop()
}
