// audit has all requests hand their entry to one goroutine that writes each
// of them through to disk; its queue is always full.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"runtime/trace"
	"time"
)

type entry struct {
	at  time.Time
	url string
}

type auditor struct {
	queue chan entry
	file  *os.File
}

func (a *auditor) write(e entry) {
	for range 30 {
		fmt.Fprintln(a.file, e.at.UnixNano(), e.url)
		a.file.Sync()
	}
}

func (a *auditor) run() {
	for e := range a.queue {
		a.write(e)
	}
}

func (a *auditor) handle(w http.ResponseWriter, r *http.Request) {
	a.queue <- entry{time.Now(), r.URL.String()}
	w.WriteHeader(http.StatusNoContent)
}

func main() {
	file, err := os.CreateTemp("", "audit")
	if err != nil {
		log.Fatal(err)
	}
	defer os.Remove(file.Name())
	a := &auditor{queue: make(chan entry, 4), file: file}
	go a.run()
	http.HandleFunc("/", a.handle)
	go func() { log.Fatal(http.ListenAndServe(os.Getenv("LISTEN"), nil)) }()
	time.Sleep(250 * time.Millisecond)
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	time.Sleep(700 * time.Millisecond)
	trace.Stop()
}
