// finebatch keeps all processors busy with small jobs from one queue, and
// nobody waits for an answer meanwhile.
package main

import (
	"compress/flate"
	"io"
	"log"
	"os"
	"runtime"
	"runtime/trace"
	"strings"
	"sync"
)

func pack(w *flate.Writer, text []byte) {
	w.Reset(io.Discard)
	w.Write(text)
	w.Close()
}

func main() {
	text := []byte(strings.Repeat("all work and no play makes jack a dull boy\n", 800))
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	jobs := make(chan []byte, 64)
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Add(1)
		w, err := flate.NewWriter(io.Discard, 5)
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			defer all.Done()
			for job := range jobs {
				pack(w, job)
			}
		}()
	}
	for range 800 {
		jobs <- text
	}
	close(jobs)
	all.Wait()
}
