// lookup asks its backend in a goroutine of its own and gives up after a
// while; who gave up no longer takes the answer, and the goroutine that has it
// waits for ever.
package main

import (
	"context"
	"io"
	"log"
	"net/http"
	"os"
	"runtime/trace"
	"time"
)

var client = http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

func ask(url string) string {
	r, err := client.Get(url)
	if err != nil {
		return err.Error()
	}
	defer r.Body.Close()
	text, _ := io.ReadAll(r.Body)
	return string(text)
}

func lookup(ctx context.Context, url string) (string, error) {
	answers := make(chan string)
	go func() { answers <- ask(url) }()
	select {
	case answer := <-answers:
		return answer, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func handle(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 15*time.Millisecond)
	defer cancel()
	ms := "?ms=3"
	if n := r.URL.Query().Get("n"); len(n) > 1 && n[0] < '5' {
		ms = "?ms=25"
	}
	answer, err := lookup(ctx, os.Getenv("BACKEND")+ms)
	if err != nil {
		http.Error(w, err.Error(), http.StatusGatewayTimeout)
		return
	}
	io.WriteString(w, answer)
}

func main() {
	http.HandleFunc("/", handle)
	go func() { log.Fatal(http.ListenAndServe(os.Getenv("LISTEN"), nil)) }()
	time.Sleep(250 * time.Millisecond)
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	time.Sleep(700 * time.Millisecond)
	trace.Stop()
}
