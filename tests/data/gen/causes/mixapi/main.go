// mixapi: serial calls as the main trouble, beside a polling janitor and moderate allocation.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/trace"
	"sync/atomic"
	"time"
)

type cart struct{ items []string }

func (c *cart) price(it string) int {
	r, err := http.Get(os.Getenv("BACKEND") + "?ms=6&it=" + it)
	if err != nil {
		return 0
	}
	defer r.Body.Close()
	b, _ := io.ReadAll(r.Body)
	return len(b)
}
func (c *cart) total() (sum int) {
	for _, it := range c.items {
		sum += c.price(it)
	}
	return
}

var dirty atomic.Bool

func janitor() {
	for {
		if dirty.Swap(false) {
			_ = make([]byte, 1<<16)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
func main() {
	go janitor()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		b := make([]byte, 1<<17)
		dirty.Store(len(b) > 0)
		fmt.Fprint(w, (&cart{[]string{"a", "b", "c", "d", "e", "f", "g"}}).total())
	})
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(500 * time.Millisecond)
	trace.Stop()
}
