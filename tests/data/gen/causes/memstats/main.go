// memstats: a middleware reads the memory statistics for each request.
package main

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"runtime/trace"
	"time"
)

func heapInUse() uint64 { var m runtime.MemStats; runtime.ReadMemStats(&m); return m.HeapInuse }
func guard(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if heapInUse() > 1<<32 {
			http.Error(w, "busy", 503)
			return
		}
		h(w, r)
	}
}
func digest(w http.ResponseWriter, r *http.Request) {
	s := sha256.Sum256([]byte(r.FormValue("n")))
	fmt.Fprintf(w, "%x", s)
}
func main() {
	http.HandleFunc("/", guard(digest))
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(130 * time.Millisecond)
	trace.Stop()
}
