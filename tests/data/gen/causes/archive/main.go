// archive stores every upload line by line, unbuffered, in a file of its own.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"runtime/trace"
	"time"
)

type archive struct{ folder string }

func (a *archive) store(name string, lines int) error {
	file, err := os.Create(filepath.Join(a.folder, name))
	if err != nil {
		return err
	}
	defer file.Close()
	for i := range lines {
		if _, err := fmt.Fprintf(file, "%08d line of %s\n", i, name); err != nil {
			return err
		}
	}
	return os.Remove(file.Name())
}

func main() {
	folder, err := os.MkdirTemp("", "archive")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	a := &archive{folder: folder}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if err := a.store(fmt.Sprintf("%s-%p", r.URL.Query().Get("n"), r), 700); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	go func() { log.Fatal(http.ListenAndServe(os.Getenv("LISTEN"), nil)) }()
	time.Sleep(250 * time.Millisecond)
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	time.Sleep(250 * time.Millisecond)
	trace.Stop()
}
