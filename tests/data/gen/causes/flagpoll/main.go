// flagpoll: handlers look at an atomic flag on each tick of a ticker.
package main

import (
	"fmt"
	"net/http"
	"os"
	"runtime/trace"
	"sync/atomic"
	"time"
)

type job struct {
	done atomic.Bool
	out  int
}

func (j *job) run() {
	for i := 0; i < 30000; i++ {
		j.out += i
	}
	j.done.Store(true)
}
func (j *job) wait() int {
	t := time.NewTicker(12 * time.Millisecond)
	defer t.Stop()
	for !j.done.Load() {
		<-t.C
	}
	return j.out
}
func serve(w http.ResponseWriter, r *http.Request) {
	j := &job{}
	time.AfterFunc(15*time.Millisecond, j.run)
	fmt.Fprint(w, j.wait())
}
func main() {
	http.HandleFunc("/", serve)
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(800 * time.Millisecond)
	trace.Stop()
}
