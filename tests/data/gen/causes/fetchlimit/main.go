// fetchlimit starts a goroutine for every file that it loads, but lets no more
// than three of them run at once, though all they do is wait for the network.
package main

import (
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type group struct {
	places chan struct{}
	done   sync.WaitGroup
}

func (g *group) start(work func()) {
	g.places <- struct{}{}
	g.done.Add(1)
	go func() {
		defer func() {
			<-g.places
			g.done.Done()
		}()
		work()
	}()
}

func load(url string) int64 {
	r, err := http.Get(url)
	if err != nil {
		log.Fatal(err)
	}
	defer r.Body.Close()
	size, _ := io.Copy(io.Discard, r.Body)
	return size
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(14 * time.Millisecond)
		io.WriteString(w, "file")
	}))
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	g := &group{places: make(chan struct{}, 3)}
	for range 120 {
		g.start(func() { load("http://" + listener.Addr().String()) })
	}
	g.done.Wait()
}
