// routes exports its routing table to a slow reader while it holds the lock
// for reading. An update waits for the export, and behind the update all
// lookups wait.
package main

import (
	"io"
	"log"
	"net"
	"os"
	"runtime/trace"
	"strconv"
	"sync"
	"time"
)

type router struct {
	mu     sync.RWMutex
	routes map[string]string
}

func (r *router) export(w io.Writer) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for from, to := range r.routes {
		io.WriteString(w, from+" "+to+"\n")
	}
}

func (r *router) update(from, to string) {
	r.mu.Lock()
	r.routes[from] = to
	r.mu.Unlock()
}

func (r *router) route(from string) string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.routes[from]
}

func main() {
	r := &router{routes: map[string]string{}}
	for i := range 60 {
		r.routes[strconv.Itoa(i)] = strconv.Itoa(i * i)
	}
	ours, theirs := net.Pipe()
	go func() {
		line := make([]byte, 64)
		for {
			if _, err := theirs.Read(line); err != nil {
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	stop := time.After(800 * time.Millisecond)
	for i := range 8 {
		go func() {
			for {
				r.route(strconv.Itoa(i))
				time.Sleep(time.Millisecond)
			}
		}()
	}
	go func() {
		for i := 0; ; i++ {
			r.update(strconv.Itoa(i%60), "home")
			time.Sleep(8 * time.Millisecond)
		}
	}()
	go func() {
		for range time.Tick(120 * time.Millisecond) {
			r.export(ours)
		}
	}()
	<-stop
}
