// pollqueue: the consumer sleeps while a locked queue is empty, requests wait for it.
package main

import (
	"fmt"
	"net/http"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type req struct {
	n   string
	out chan int
}
type queue struct {
	mu    sync.Mutex
	items []*req
}

func (q *queue) push(r *req) { q.mu.Lock(); q.items = append(q.items, r); q.mu.Unlock() }
func (q *queue) pop() *req {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 {
		return nil
	}
	r := q.items[0]
	q.items = q.items[1:]
	return r
}
func (q *queue) next() *req {
	for {
		if r := q.pop(); r != nil {
			return r
		}
		time.Sleep(10 * time.Millisecond)
	}
}
func consume(q *queue) {
	for {
		r := q.next()
		r.out <- len(r.n)
	}
}
func main() {
	q := &queue{}
	go consume(q)
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		x := &req{r.FormValue("n"), make(chan int, 1)}
		q.push(x)
		fmt.Fprint(w, <-x.out)
	})
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(700 * time.Millisecond)
	trace.Stop()
}
