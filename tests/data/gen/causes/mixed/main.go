// mixed has one great fault among small ones: a cache is locked while a file
// is loaded over the network. Beside it collections run often, a pool of
// workers idles, a ticker ticks, and an index is counted under a lock.
package main

import (
	"io"
	"log"
	"net/http"
	"os"
	"runtime/debug"
	"runtime/trace"
	"strconv"
	"sync"
	"time"
)

type cache struct {
	mu    sync.Mutex
	files map[string][]byte
}

func (c *cache) file(name string) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if file, ok := c.files[name]; ok {
		return file
	}
	r, err := http.Get(os.Getenv("BACKEND") + "?ms=20&name=" + name)
	if err != nil {
		return nil
	}
	defer r.Body.Close()
	c.files[name], _ = io.ReadAll(r.Body)
	return c.files[name]
}

var (
	indexLock sync.Mutex
	index     = map[string]int{}
)

func count(word string) {
	indexLock.Lock()
	defer indexLock.Unlock()
	for i := range 300 {
		index[word+strconv.Itoa(i%40)]++
	}
}

func main() {
	debug.SetGCPercent(30)
	c := &cache{files: map[string][]byte{}}
	jobs := make(chan func())
	for range 16 {
		go func() {
			for job := range jobs {
				job()
			}
		}()
	}
	go func() {
		for range time.Tick(20 * time.Millisecond) {
			jobs <- func() { count("tick") }
		}
	}()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		n := r.URL.Query().Get("n")
		count(n)
		io.WriteString(w, string(c.file(n)))
	})
	go func() { log.Fatal(http.ListenAndServe(os.Getenv("LISTEN"), nil)) }()
	time.Sleep(250 * time.Millisecond)
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	time.Sleep(800 * time.Millisecond)
	trace.Stop()
}
