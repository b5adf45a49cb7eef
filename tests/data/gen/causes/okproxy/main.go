// okproxy: a proxy that passes each request on, and copies the answer.
package main

import (
	"io"
	"net/http"
	"os"
	"runtime/trace"
	"time"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		q, err := http.Get(os.Getenv("BACKEND") + "?ms=5")
		if err != nil {
			http.Error(w, "bad", 502)
			return
		}
		defer q.Body.Close()
		io.Copy(w, q.Body)
	})
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(700 * time.Millisecond)
	trace.Stop()
}
