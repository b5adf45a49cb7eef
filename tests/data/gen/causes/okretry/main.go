// okretry: a flaky backend: now and then a retry after a pause.
package main

import (
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"os"
	"runtime/trace"
	"time"
)

func try() (string, error) {
	if rand.Intn(12) == 0 {
		return "", io.ErrUnexpectedEOF
	}
	r, err := http.Get(os.Getenv("BACKEND") + "?ms=3")
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	return string(b), err
}
func withRetry(f func() (string, error)) string {
	d := 2 * time.Millisecond
	for i := 0; i < 4; i++ {
		if s, err := f(); err == nil {
			return s
		}
		time.Sleep(d)
		d *= 2
	}
	return ""
}
func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, withRetry(try)) })
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(800 * time.Millisecond)
	trace.Stop()
}
