// okburst: bursts of light requests with a short mutex and a debug log.
package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type hits struct {
	sync.Mutex
	n map[string]int
}

func (h *hits) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k := r.FormValue("n")
	h.Lock()
	h.n[k]++
	n := h.n[k]
	h.Unlock()
	log.Println(k, n)
	fmt.Fprintln(w, n)
}
func main() {
	log.SetOutput(io.Discard)
	go http.ListenAndServe(os.Getenv("LISTEN"), &hits{n: map[string]int{}})
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(800 * time.Millisecond)
	trace.Stop()
}
