// enrich: handlers build trees with a large live heap and GOGC=25.
package main

import (
	"fmt"
	"net/http"
	"os"
	"runtime/debug"
	"runtime/trace"
	"strconv"
	"time"
)

type node struct {
	l, r *node
	key  string
	tags map[string]string
}

func (n *node) add(k string) *node {
	if n == nil {
		return &node{key: k, tags: map[string]string{"k": k}}
	}
	if k < n.key {
		n.l = n.l.add(k)
	} else {
		n.r = n.r.add(k)
	}
	return n
}

var live []*node

func enrich(n int) *node {
	var t *node
	for i := 0; i < 400; i++ {
		t = t.add(strconv.Itoa(i * 7919 % 1009))
	}
	return t
}
func main() {
	debug.SetGCPercent(25)
	for i := 0; i < 250; i++ {
		live = append(live, enrich(i))
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < 12; i++ {
			fmt.Fprintln(w, enrich(i).key)
		}
	})
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(300 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(130 * time.Millisecond)
	trace.Stop()
}
