// watch starts a goroutine for every session that logs in, which waits for
// the end of a context that nobody cancels.
package main

import (
	"context"
	"log"
	"os"
	"runtime/trace"
	"strings"
	"time"
)

type session struct {
	id     int
	events chan string
}

func (s *session) follow(ctx context.Context) {
	seen := 0
	for {
		select {
		case <-s.events:
			seen++
		case <-ctx.Done():
			return
		}
	}
}

func open(id int) *session {
	ctx, _ := context.WithCancel(context.Background())
	s := &session{id: id, events: make(chan string)}
	go s.follow(ctx)
	return s
}

func main() {
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	begin := time.Now()
	for id := 0; time.Since(begin) < 600*time.Millisecond; id++ {
		s := open(id)
		s.events <- strings.ToUpper("login")
		s.events <- strings.ToUpper("logout")
		time.Sleep(2 * time.Millisecond)
	}
}
