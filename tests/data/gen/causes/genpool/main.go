// genpool: a generic pool of three sessions for eighteen clients.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/trace"
	"time"
)

type Pool[T any] struct{ free chan T }

func New[T any](n int, f func() T) *Pool[T] {
	p := &Pool[T]{make(chan T, n)}
	for range n {
		p.free <- f()
	}
	return p
}
func (p *Pool[T]) Acquire() T  { return <-p.free }
func (p *Pool[T]) Release(t T) { p.free <- t }

type session struct{ c *http.Client }

func (s *session) exec(q string) string {
	r, err := s.c.Get(os.Getenv("BACKEND") + "?ms=7&q=" + q)
	if err != nil {
		return ""
	}
	defer r.Body.Close()
	b, _ := io.ReadAll(r.Body)
	return string(b)
}

type repo struct{ pool *Pool[*session] }

func (r *repo) find(q string) string {
	s := r.pool.Acquire()
	defer r.pool.Release(s)
	return s.exec(q)
}
func main() {
	r := &repo{New(3, func() *session { return &session{&http.Client{}} })}
	http.HandleFunc("/", func(w http.ResponseWriter, q *http.Request) { fmt.Fprint(w, r.find(q.FormValue("n"))) })
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(700 * time.Millisecond)
	trace.Stop()
}
