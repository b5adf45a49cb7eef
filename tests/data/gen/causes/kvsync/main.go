// kvsync: a write-ahead log opened with O_SYNC, twenty records for each request.
package main

import (
	"fmt"
	"net/http"
	"os"
	"runtime/trace"
	"syscall"
	"time"
)

type wal struct{ f *os.File }

func (w *wal) append(rec string) { fmt.Fprintln(w.f, rec) }

type kv struct{ w *wal }

func (k *kv) Put(n string) {
	for i := 0; i < 20; i++ {
		k.w.append(fmt.Sprint(n, i))
	}
}
func main() {
	f, err := os.OpenFile("tmpwal", os.O_CREATE|os.O_WRONLY|os.O_APPEND|syscall.O_SYNC, 0o600)
	if err != nil {
		panic(err)
	}
	defer os.Remove("tmpwal")
	k := &kv{&wal{f}}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { k.Put(r.FormValue("n")); fmt.Fprintln(w, "stored") })
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(400 * time.Millisecond)
	trace.Stop()
}
