// hub hands every message to all subscribers while it holds its lock; one of
// them takes its time, and everyone who joins, leaves or publishes waits.
package main

import (
	"log"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type hub struct {
	mu          sync.Mutex
	subscribers map[int]chan string
	sent        int
}

func (h *hub) publish(message string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, subscriber := range h.subscribers {
		subscriber <- message
	}
	h.sent++
}

func (h *hub) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sent
}

func listen(messages <-chan string, pause time.Duration) {
	for range messages {
		if pause > 0 {
			time.Sleep(pause)
		}
	}
}

func main() {
	h := &hub{subscribers: map[int]chan string{}}
	for id := range 6 {
		messages := make(chan string)
		h.subscribers[id] = messages
		pause := time.Duration(0)
		if id == 4 {
			pause = 12 * time.Millisecond
		}
		go listen(messages, pause)
	}
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	var done sync.WaitGroup
	for range 2 {
		done.Add(1)
		go func() {
			defer done.Done()
			for range 25 {
				h.publish("news")
			}
		}()
	}
	for range 6 {
		done.Add(1)
		go func() {
			defer done.Done()
			for range 20 {
				h.count()
				time.Sleep(3 * time.Millisecond)
			}
		}()
	}
	done.Wait()
}
