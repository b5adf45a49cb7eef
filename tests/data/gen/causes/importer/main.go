// importer answers small requests while an import, split into far more parts
// than there are processors, takes all of them. With a CPU profile.
package main

import (
	"hash/crc64"
	"io"
	"log"
	"net/http"
	"os"
	"runtime/pprof"
	"runtime/trace"
	"sync"
	"time"
)

var polynomials = crc64.MakeTable(crc64.ECMA)

func digest(part []byte) (sum uint64) {
	for range 40 {
		for _, b := range part {
			sum = sum>>1 ^ polynomials[byte(sum)^b]
		}
	}
	return sum
}

func importAll(parts int) {
	for {
		var done sync.WaitGroup
		for range parts {
			done.Add(1)
			go func() {
				defer done.Done()
				digest(make([]byte, 64<<10))
			}()
		}
		done.Wait()
	}
}

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "hello "+r.URL.Query().Get("n"))
	})
	go func() { log.Fatal(http.ListenAndServe(os.Getenv("LISTEN"), nil)) }()
	go importAll(12)
	time.Sleep(250 * time.Millisecond)
	if err := pprof.StartCPUProfile(io.Discard); err != nil {
		log.Fatal(err)
	}
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	time.Sleep(700 * time.Millisecond)
	trace.Stop()
	pprof.StopCPUProfile()
}
