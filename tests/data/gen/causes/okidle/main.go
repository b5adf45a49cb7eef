// okidle: an almost idle server with keep-alive connections.
package main

import (
	"fmt"
	"net/http"
	"os"
	"runtime/trace"
	"time"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, time.Now()) })
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(1200 * time.Millisecond)
	trace.Stop()
}
