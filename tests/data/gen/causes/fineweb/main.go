// fineweb is a server whose clients live in the same process: they ask, think
// and ask again. Nothing is wrong with it.
package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type counter struct {
	mu    sync.Mutex
	pages map[string]int
}

func (c *counter) serve(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	c.pages[r.URL.Path]++
	n := c.pages[r.URL.Path]
	c.mu.Unlock()
	sum := sha256.Sum256(make([]byte, 20_000))
	fmt.Fprintf(w, "visit %d, %x\n", n, sum)
}

func visit(url string, until time.Time) {
	for n := 0; time.Now().Before(until); n++ {
		r, err := http.Get(fmt.Sprint(url, n%20))
		if err != nil {
			log.Fatal(err)
		}
		io.Copy(io.Discard, r.Body)
		r.Body.Close()
		time.Sleep(4 * time.Millisecond)
	}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	c := &counter{pages: map[string]int{}}
	go http.Serve(listener, http.HandlerFunc(c.serve))
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	until := time.Now().Add(500 * time.Millisecond)
	var visitors sync.WaitGroup
	for range 4 {
		visitors.Add(1)
		go func() {
			defer visitors.Done()
			visit("http://"+listener.Addr().String()+"/page", until)
		}()
	}
	visitors.Wait()
}
