// lineitems prices every item of an invoice in a goroutine of its own and
// collects the results over a channel.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"runtime/trace"
	"time"
)

type item struct{ count, cents int }

func total(items []item) (sum int) {
	prices := make(chan int)
	for _, i := range items {
		go func() { prices <- i.count * i.cents }()
	}
	for range items {
		sum += <-prices
	}
	return sum
}

func main() {
	items := make([]item, 800)
	for i := range items {
		items[i] = item{i % 7, 100 + i}
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, total(items)) })
	go func() { log.Fatal(http.ListenAndServe(os.Getenv("LISTEN"), nil)) }()
	time.Sleep(250 * time.Millisecond)
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	time.Sleep(60 * time.Millisecond)
	trace.Stop()
}
