// phases asks four services at once in every round and waits for all of them;
// one of the four always takes far longer than the others.
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

func serve(took time.Duration) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(took)
		io.WriteString(w, "part")
	}))
	return "http://" + listener.Addr().String()
}

func get(url string) {
	r, err := http.Get(url)
	if err != nil {
		log.Fatal(err)
	}
	io.Copy(io.Discard, r.Body)
	r.Body.Close()
}

func users(url string)     { get(url) }
func orders(url string)    { get(url) }
func prices(url string)    { get(url) }
func inventory(url string) { get(url) }

func round(urls []string) {
	var all sync.WaitGroup
	for at, part := range []func(string){users, orders, inventory, prices} {
		all.Add(1)
		go func() {
			defer all.Done()
			part(urls[at])
		}()
	}
	all.Wait()
}

func main() {
	urls := []string{
		serve(2 * time.Millisecond), serve(3 * time.Millisecond), serve(28 * time.Millisecond), serve(2 * time.Millisecond),
	}
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	for range 25 {
		round(urls)
	}
}
