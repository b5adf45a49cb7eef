// stages: a three stage pipeline whose middle stage, a single goroutine, is slow.
package main

import (
	"crypto/sha1"
	"fmt"
	"os"
	"runtime/trace"
)

type rec struct {
	id   int
	body []byte
	sum  [20]byte
}

func stage(in <-chan *rec, f func(*rec)) <-chan *rec {
	out := make(chan *rec, 16)
	go func() {
		defer close(out)
		for r := range in {
			f(r)
			out <- r
		}
	}()
	return out
}
func parse(r *rec) { r.body = []byte(fmt.Sprintf("%050d", r.id)) }
func transform(r *rec) {
	b := r.body
	for i := 0; i < 5000; i++ {
		s := sha1.Sum(b)
		b = s[:]
		r.sum = s
	}
}
func emit(r *rec) { r.body = nil }
func source(n int) <-chan *rec {
	c := make(chan *rec)
	go func() {
		defer close(c)
		for i := 0; i < n; i++ {
			c <- &rec{id: i}
		}
	}()
	return c
}
func main() {
	trace.Start(os.Stdout)
	n := 0
	for range stage(stage(stage(source(500), parse), transform), emit) {
		n++
	}
	trace.Stop()
}
