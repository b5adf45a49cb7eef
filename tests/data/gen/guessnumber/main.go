//go:build go1.25

// The guess-the-number server of the Go blog's flight recorder story
// (https://go.dev/blog/flight-recorder), written anew for one process.
//
// Guesses are counted in 100 buckets with a mutex each. Once in a while
// sendReport sums the buckets up and posts the report to another server, which
// takes 100 ms to answer. The bug: it unlocks the buckets with defer, so they
// all stay locked during the POST, and requests stall. With -fixed it unlocks
// each bucket at once.
//
// A flight recorder runs all the time. The first request that takes more than
// 100 ms saves its window; if none does, it is saved at the end. The trace of
// the bug shows request goroutines blocked in a mutex that the goroutine of
// sendReport unlocks after a long wait for the network.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand"
	"net"
	"net/http"
	"os"
	"runtime/trace"
	"strconv"
	"sync"
	"time"
)

var fixed = flag.Bool("fixed", false, "unlock each bucket before the report is sent")

// slow is how long a request may take before the flight recorder's window is
// saved.
const slow = 100 * time.Millisecond

// A bucket counts how often one number was guessed.
type bucket struct {
	mu      sync.Mutex
	guesses int
}

func main() {
	flag.Parse()
	recorder := trace.NewFlightRecorder(trace.FlightRecorderConfig{
		MinAge:   200 * time.Millisecond,
		MaxBytes: 1 << 20,
	})
	if err := recorder.Start(); err != nil {
		log.Fatal(err)
	}
	var once sync.Once
	snapshot := func() { once.Do(func() { save(recorder) }) }

	reports := serve(http.HandlerFunc(acceptReport))
	buckets := make([]bucket, 100)
	answer := rand.Intn(len(buckets))
	game := serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		guess, err := strconv.Atoi(r.URL.Query().Get("guess"))
		if err != nil || guess < 0 || guess >= len(buckets) {
			http.Error(w, "the guess must be a number from 0 to 99", http.StatusBadRequest)
			return
		}
		b := &buckets[guess]
		b.mu.Lock()
		b.guesses++
		b.mu.Unlock()
		fmt.Fprintf(w, "guess: %d, correct: %t", guess, guess == answer)
		if time.Since(start) > slow {
			snapshot()
		}
	}))

	go func() {
		for range time.Tick(150 * time.Millisecond) {
			sendReport(buckets, reports)
		}
	}()
	play(game, 400*time.Millisecond)
	snapshot()
}

// sendReport posts the buckets' counts.
func sendReport(buckets []bucket, url string) {
	counts := make([]int, len(buckets))
	for i := range buckets {
		b := &buckets[i]
		if *fixed {
			b.mu.Lock()
			counts[i] = b.guesses
			b.mu.Unlock()
			continue
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		counts[i] = b.guesses
	}
	body, err := json.Marshal(counts)
	if err != nil {
		log.Fatal(err)
	}
	r, err := http.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		log.Fatal(err)
	}
	r.Body.Close()
}

// acceptReport takes a report, slowly.
func acceptReport(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	time.Sleep(110 * time.Millisecond)
}

// play guesses with four players until the time is up. A guess that stalls is
// waited for.
func play(server string, length time.Duration) {
	end := time.Now().Add(length)
	var players sync.WaitGroup
	for range 4 {
		players.Go(func() {
			for time.Now().Before(end) {
				r, err := http.Get(fmt.Sprintf("%s/?guess=%d", server, rand.Intn(100)))
				if err != nil {
					log.Fatal(err)
				}
				io.Copy(io.Discard, r.Body)
				r.Body.Close()
				time.Sleep(3 * time.Millisecond)
			}
		})
	}
	players.Wait()
}

// serve answers with handler on a free port and returns the server's URL.
func serve(handler http.Handler) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go http.Serve(listener, handler)
	return "http://" + listener.Addr().String()
}

// save writes the recorder's window to standard output.
func save(recorder *trace.FlightRecorder) {
	if _, err := recorder.WriteTo(os.Stdout); err != nil {
		log.Fatal(err)
	}
	recorder.Stop()
}
