// okflight: a flight recorder snapshot of a calm server with a background refresh that holds nothing.
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

func main() {
	var cached atomic.Value
	cached.Store("none")
	refresh := func() {
		if r, err := http.Get(os.Getenv("BACKEND") + "?ms=60"); err == nil {
			b, _ := io.ReadAll(r.Body)
			r.Body.Close()
			cached.Store(string(b))
		}
	}
	go func() {
		for range time.Tick(100 * time.Millisecond) {
			refresh()
		}
	}()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, cached.Load()) })
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	fr := trace.NewFlightRecorder(trace.FlightRecorderConfig{MinAge: 500 * time.Millisecond})
	fr.Start()
	time.Sleep(1300 * time.Millisecond)
	fr.WriteTo(os.Stdout)
	fr.Stop()
}
