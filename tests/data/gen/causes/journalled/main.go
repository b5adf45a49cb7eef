//go:build go1.25

// journalled writes every order to disk, and waits until it is there, under
// the lock of the order book. A flight recorder keeps the last half second.
package main

import (
	"fmt"
	"log"
	"math/rand"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type book struct {
	mu     sync.Mutex
	orders map[int]int
	file   *os.File
}

func (b *book) save(id, amount int) {
	for range 40 {
		fmt.Fprintf(b.file, "%d %d\n", id, amount)
	}
	if err := b.file.Sync(); err != nil {
		log.Fatal(err)
	}
}

func (b *book) order(id int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.orders[id]++
	b.save(id, b.orders[id])
}

func (b *book) amount(id int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.orders[id]
}

func main() {
	file, err := os.CreateTemp("", "orders")
	if err != nil {
		log.Fatal(err)
	}
	defer os.Remove(file.Name())
	b := &book{orders: map[int]int{}, file: file}
	recorder := trace.NewFlightRecorder(trace.FlightRecorderConfig{MinAge: 300 * time.Millisecond})
	if err := recorder.Start(); err != nil {
		log.Fatal(err)
	}
	for i := range 10 {
		go func() {
			for {
				if id := rand.Intn(100); i < 3 {
					b.order(id)
				} else {
					b.amount(id)
				}
				time.Sleep(time.Millisecond)
			}
		}()
	}
	time.Sleep(600 * time.Millisecond)
	if _, err := recorder.WriteTo(os.Stdout); err != nil {
		log.Fatal(err)
	}
}
