// video: eight transcoders on two procs, pings wait; a flight recorder snapshot.
package main

import (
	"fmt"
	"net/http"
	"os"
	"runtime/trace"
	"time"
)

func encodeBlock(b []byte, q int) int {
	s := 0
	for k := 0; k < 400; k++ {
		for i := range b {
			s += int(b[i])*q ^ i
			b[i] = byte(s)
		}
	}
	return s
}
func transcode(id int) {
	b := make([]byte, 64<<10)
	for n := 0; ; n++ {
		encodeBlock(b, n+id)
		if n%20 == 19 {
			time.Sleep(time.Millisecond)
		}
	}
}
func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "pong", r.FormValue("n")) })
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	for i := 0; i < 8; i++ {
		go transcode(i)
	}
	fr := trace.NewFlightRecorder(trace.FlightRecorderConfig{MinAge: 500 * time.Millisecond})
	fr.Start()
	time.Sleep(1300 * time.Millisecond)
	fr.WriteTo(os.Stdout)
	fr.Stop()
}
