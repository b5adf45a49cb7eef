// finepollers watch things that cannot tell: each looks every few
// milliseconds, until it is told to stop. Nobody waits for them.
package main

import (
	"log"
	"os"
	"path/filepath"
	"runtime/trace"
	"sync"
	"time"
)

type poller struct {
	pattern string
	seen    int
}

func (p *poller) look() {
	names, err := filepath.Glob(p.pattern)
	if err == nil {
		p.seen = len(names)
	}
}

func (p *poller) run(quit <-chan struct{}, done *sync.WaitGroup) {
	defer done.Done()
	ticker := time.NewTicker(7 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			p.look()
		case <-quit:
			return
		}
	}
}

// sleeper looks after a sleep, until the flag says that it should end.
func (p *poller) sleeper(until time.Time) {
	for time.Now().Before(until) {
		p.look()
		time.Sleep(11 * time.Millisecond)
	}
}

func main() {
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	quit := make(chan struct{})
	var done sync.WaitGroup
	for range 5 {
		done.Add(1)
		go (&poller{pattern: "/proc/self/*"}).run(quit, &done)
	}
	for range 3 {
		go (&poller{pattern: "/tmp"}).sleeper(time.Now().Add(time.Hour))
	}
	time.Sleep(600 * time.Millisecond)
	close(quit)
	done.Wait()
}
