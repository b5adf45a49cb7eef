// debugz: goroutine dumps of 3000 goroutines every 15 ms.
package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"runtime/trace"
	"time"
)

type debugz struct{ last int }

func (d *debugz) snapshot() {
	b := make([]byte, 8<<20)
	d.last = runtime.Stack(b, true)
	bytes.Count(b[:d.last], []byte("goroutine "))
}
func (d *debugz) loop() {
	for range time.Tick(15 * time.Millisecond) {
		d.snapshot()
	}
}
func main() {
	for i := 0; i < 3000; i++ {
		go func() { select {} }()
	}
	d := &debugz{}
	go d.loop()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "ok") })
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(300 * time.Millisecond)
	trace.Stop()
}
