// maxconns: the transport may open two connections to the backend only.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/trace"
	"time"
)

type upstream struct{ c http.Client }

func (u *upstream) fetch(n string) string {
	r, err := u.c.Get(os.Getenv("BACKEND") + "?ms=8&n=" + n)
	if err != nil {
		return err.Error()
	}
	defer r.Body.Close()
	b, _ := io.ReadAll(r.Body)
	return string(b)
}
func main() {
	u := &upstream{http.Client{Transport: &http.Transport{MaxConnsPerHost: 2}}}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, u.fetch(r.FormValue("n"))) })
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(300 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(700 * time.Millisecond)
	trace.Stop()
}
