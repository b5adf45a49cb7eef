// jsonapi: a naive search over all items in each request on two busy procs.
package main

import (
	"fmt"
	"net/http"
	"os"
	"runtime/trace"
	"strings"
	"time"
)

type catalog struct{ items []string }

func match(s, q string) bool { return strings.Contains(strings.ToUpper(s), strings.ToUpper(q)) }
func (c *catalog) filter(q string) (n int) {
	for _, s := range c.items {
		if match(s, q) {
			n++
		}
	}
	return
}
func main() {
	c := &catalog{}
	for i := 0; i < 60000; i++ {
		c.items = append(c.items, fmt.Sprint("item number ", i, " of the list"))
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, c.filter(r.FormValue("n"))) })
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(700 * time.Millisecond)
	trace.Stop()
}
