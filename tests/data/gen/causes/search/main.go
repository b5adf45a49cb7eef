// search: first answer wins, the other replicas' answers are never taken.
package main

import (
	"context"
	"fmt"
	"math/rand"
	"net/http"
	"os"
	"runtime/trace"
	"time"
)

type front struct{ replicas int }

func ask(id int, q string) string {
	time.Sleep(time.Duration(500+rand.Intn(1500)) * time.Microsecond)
	return fmt.Sprint(id, q)
}
func (f *front) query(ctx context.Context, q string) string {
	answers := make(chan string)
	for i := 0; i < f.replicas; i++ {
		go func(i int) { answers <- ask(i, q) }(i)
	}
	select {
	case a := <-answers:
		return a
	case <-ctx.Done():
		return ""
	}
}
func main() {
	f := &front{3}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, f.query(r.Context(), r.FormValue("n"))) })
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(500 * time.Millisecond)
	trace.Stop()
}
