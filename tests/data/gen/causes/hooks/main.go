// hooks: a process is started for each request.
package main

import (
	"net/http"
	"os"
	"os/exec"
	"runtime/trace"
	"time"
)

type hooks struct{ cmd string }

func (h *hooks) run(arg string) ([]byte, error) { return exec.Command(h.cmd, arg).Output() }
func main() {
	h := &hooks{"/bin/echo"}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		b, err := h.run(r.FormValue("n"))
		if err != nil {
			http.Error(w, err.Error(), 500)
			return
		}
		w.Write(b)
	})
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(260 * time.Millisecond)
	trace.Stop()
}
