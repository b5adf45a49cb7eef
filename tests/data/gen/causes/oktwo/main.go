// oktwo: a handler with two exchanges of which the second needs the first.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/trace"
	"time"
)

func ask(q string) string {
	r, err := http.Get(os.Getenv("BACKEND") + "?ms=4&" + q)
	if err != nil {
		return ""
	}
	defer r.Body.Close()
	b, _ := io.ReadAll(r.Body)
	return string(b)
}
func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		user := ask("auth=" + r.FormValue("n"))
		fmt.Fprint(w, ask("doc="+user[:1]))
	})
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(450 * time.Millisecond)
	trace.Stop()
}
