// auction serves the state of an auction as JSON and encodes it under the
// lock that every bid needs.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
	"runtime/trace"
	"strconv"
	"sync"
	"time"
)

type bid struct {
	Bidder string
	Cents  int
	At     time.Time
}

type auction struct {
	mu   sync.Mutex
	bids []bid
}

func (a *auction) place(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.bids[n%len(a.bids)] = bid{Bidder: strconv.Itoa(n), Cents: n * 100, At: time.Now()}
}

func (a *auction) state(w http.ResponseWriter) {
	a.mu.Lock()
	defer a.mu.Unlock()
	text, err := json.Marshal(a.bids)
	if err != nil {
		log.Fatal(err)
	}
	w.Write(text)
}

func main() {
	a := &auction{bids: make([]bid, 6000)}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		ctx, task := trace.NewTask(r.Context(), "request")
		defer task.End()
		n, _ := strconv.Atoi(r.URL.Query().Get("n"))
		if n%4 == 0 {
			trace.WithRegion(ctx, "state", func() { a.state(w) })
			return
		}
		trace.WithRegion(ctx, "bid", func() { a.place(n) })
	})
	go func() { log.Fatal(http.ListenAndServe(os.Getenv("LISTEN"), nil)) }()
	time.Sleep(300 * time.Millisecond)
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	time.Sleep(400 * time.Millisecond)
	trace.Stop()
}
