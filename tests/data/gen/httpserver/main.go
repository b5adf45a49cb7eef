// An HTTP server, and its client in the same process, over loopback.
//
// A middleware makes one task per request, named by the request's path, and
// logs method and URL into it. The handlers sleep, compute, read a body and
// fan out to goroutines, each in a region of its own, so that the tasks have
// different shapes and lengths. The client sends three requests at a time.
package main

import (
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"runtime/trace"
	"strings"
	"sync"
	"time"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/sleep", sleep)
	mux.HandleFunc("/sum", sum)
	mux.HandleFunc("/upload", upload)
	mux.HandleFunc("/fanout", fanout)
	server := &http.Server{Handler: traced(mux)}
	go server.Serve(listener)

	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()

	var clients sync.WaitGroup
	for id := 0; id < 3; id++ {
		clients.Add(1)
		go func(id int) {
			defer clients.Done()
			client(id, "http://"+listener.Addr().String())
		}(id)
	}
	clients.Wait()
	server.Shutdown(context.Background())
}

// traced runs every request as a task named by its path.
func traced(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, task := trace.NewTask(r.Context(), r.URL.Path)
		defer task.End()
		trace.Log(ctx, "method", r.Method)
		trace.Log(ctx, "url", r.URL.String())
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func sleep(w http.ResponseWriter, r *http.Request) {
	defer trace.StartRegion(r.Context(), "sleep").End()
	time.Sleep(2 * time.Millisecond)
	fmt.Fprintln(w, "rested")
}

func sum(w http.ResponseWriter, r *http.Request) {
	defer trace.StartRegion(r.Context(), "sum").End()
	fmt.Fprintf(w, "%08x\n", checksum(1<<18))
}

func upload(w http.ResponseWriter, r *http.Request) {
	defer trace.StartRegion(r.Context(), "read body").End()
	n, err := io.Copy(io.Discard, r.Body)
	trace.Logf(r.Context(), "body", "%d bytes, error %v", n, err)
}

func fanout(w http.ResponseWriter, r *http.Request) {
	parts := make(chan uint32)
	for i := 1; i <= 4; i++ {
		go func(size int) {
			defer trace.StartRegion(r.Context(), "part").End()
			parts <- checksum(size)
		}(i << 15)
	}
	for i := 0; i < 4; i++ {
		fmt.Fprintf(w, "%08x\n", <-parts)
	}
}

func checksum(size int) uint32 {
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(i)
	}
	return crc32.ChecksumIEEE(data)
}

func client(id int, server string) {
	for i := 0; i < 3; i++ {
		get(fmt.Sprintf("%s/sleep?client=%d&round=%d", server, id, i))
		get(server + "/sum")
		post(server+"/upload", strings.Repeat("payload ", 4<<10))
		get(server + "/fanout")
	}
}

func get(url string) {
	r, err := http.Get(url)
	finish(r, err)
}

func post(url, body string) {
	r, err := http.Post(url, "text/plain", strings.NewReader(body))
	finish(r, err)
}

func finish(r *http.Response, err error) {
	if err != nil {
		log.Fatal(err)
	}
	defer r.Body.Close()
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		log.Fatal(err)
	}
}
