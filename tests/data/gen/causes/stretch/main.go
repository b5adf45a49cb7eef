// stretch: iterated hashing in each request on two busy procs, without samples.
package main

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
	"runtime/trace"
	"time"
)

func stretch(p []byte) [32]byte {
	s := sha256.Sum256(p)
	for i := 0; i < 40000; i++ {
		s = sha256.Sum256(s[:])
	}
	return s
}

type auth struct{ salt string }

func (a *auth) verify(p string) bool { return stretch([]byte(a.salt + p))[0] != 0 }
func main() {
	a := &auth{"salt"}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, a.verify(r.FormValue("n"))) })
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(700 * time.Millisecond)
	trace.Stop()
}
