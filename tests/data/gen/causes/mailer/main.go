// mailer: requests queue mails for one goroutine that talks to a server for each.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/trace"
	"time"
)

type mailer struct{ q chan string }

func smtp(to string) {
	if r, err := http.Post(os.Getenv("BACKEND")+"?ms=4", "text/plain", nil); err == nil {
		io.Copy(io.Discard, r.Body)
		r.Body.Close()
	}
}
func (m *mailer) deliver(to string) { smtp(to) }
func (m *mailer) loop() {
	for to := range m.q {
		m.deliver(to)
	}
}
func main() {
	m := &mailer{make(chan string, 3)}
	go m.loop()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { m.q <- r.FormValue("n"); fmt.Fprintln(w, "queued") })
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(300 * time.Millisecond)
	trace.Stop()
}
