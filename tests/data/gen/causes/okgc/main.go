// okgc: handlers allocate moderately with default settings.
package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"runtime/trace"
	"time"
)

type order struct {
	ID    int
	Name  string
	Lines []string
}

func main() {
	keep := make([]byte, 20<<20)
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		o := order{ID: len(keep)}
		for i := range 60 {
			o.Lines = append(o.Lines, fmt.Sprint("line ", i))
		}
		json.NewEncoder(w).Encode(o)
	})
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(700 * time.Millisecond)
	trace.Stop()
}
