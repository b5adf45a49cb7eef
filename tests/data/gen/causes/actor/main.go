// actor keeps its state in one goroutine: requests go to it over a channel
// and wait for the answer on one of their own. It cannot keep up.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"runtime/trace"
	"sort"
	"strconv"
	"time"
)

type question struct {
	n      int
	answer chan int
}

type stock struct {
	questions chan question
	items     []int
}

// rank finds the place of an item after sorting them all.
func (s *stock) rank(n int) int {
	items := append([]int(nil), s.items...)
	sort.Ints(items)
	return sort.SearchInts(items, n)
}

func (s *stock) serve() {
	for q := range s.questions {
		q.answer <- s.rank(q.n)
	}
}

func (s *stock) ask(n int) int {
	q := question{n, make(chan int, 1)}
	s.questions <- q
	return <-q.answer
}

func main() {
	s := &stock{questions: make(chan question, 100), items: make([]int, 30_000)}
	for i := range s.items {
		s.items[i] = i * 7919 % 30_011
	}
	go s.serve()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("n"))
		fmt.Fprintln(w, s.ask(n))
	})
	go func() { log.Fatal(http.ListenAndServe(os.Getenv("LISTEN"), nil)) }()
	time.Sleep(250 * time.Millisecond)
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	time.Sleep(400 * time.Millisecond)
	trace.Stop()
}
