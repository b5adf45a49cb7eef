// Compare serves requests that come at a steady pace, as a subject for comparisons. It is three programs in one:
// a web server, workers that share a lock, and a pipeline of channels. Flags plant a change of a known size. The
// trace goes to standard output; record.py records many of them.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"flag"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/trace"
	"sync"
	"time"
)

var (
	program = flag.String("program", "http", "http, lock or pipe")
	last    = flag.Duration("last", 1500*time.Millisecond, "how long to serve")
	rate    = flag.Int("rate", 500, "requests a second")
	slow    = flag.Float64("slow", 1, "how many times as long parsing takes")
	tail    = flag.Float64("tail", 1, "how many times as long parsing takes for 1 request in -every")
	every   = flag.Int("every", 200, "see -tail")
	hold    = flag.Duration("hold", 0, "how much longer the lock is held, 1 request in 20")
	leak    = flag.Float64("leak", 0, "goroutines left behind each second")
	alloc   = flag.Int("alloc", 1, "how many times as much is allocated for a request")
)

// burn hashes: the same work each time, about as many microseconds.
func burn(micros float64) {
	var block [512]byte
	for i := 0; i < int(micros); i++ {
		sum := sha256.Sum256(block[:])
		binary.LittleEndian.PutUint64(block[:], uint64(sum[0]))
	}
}

func parse(ctx context.Context, n int) {
	defer trace.StartRegion(ctx, "parse").End()
	times := *slow
	if n%*every == *every/2 {
		times *= *tail
	}
	burn(200 * times)
}

// A cache that all requests look into.
type cache struct {
	mu   sync.Mutex
	hits int
}

func (c *cache) get(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hits++
	burn(20)
	if *hold > 0 && n%20 == 7 {
		time.Sleep(*hold)
	}
}

func lookup(ctx context.Context, c *cache, n int) {
	defer trace.StartRegion(ctx, "lookup").End()
	c.get(n)
}

// render makes garbage: 32 KB a request.
func render(ctx context.Context) {
	defer trace.StartRegion(ctx, "render").End()
	var parts [][]byte
	for i := 0; i < 16**alloc; i++ {
		parts = append(parts, make([]byte, 2048))
	}
	runtime.KeepAlive(parts)
}

func handle(ctx context.Context, c *cache, n int) {
	ctx, task := trace.NewTask(ctx, "order")
	defer task.End()
	parse(ctx, n)
	lookup(ctx, c, n)
	render(ctx)
}

func forget(never chan int) { <-never }

func leaking() {
	if *leak == 0 {
		return
	}
	for range time.Tick(time.Duration(float64(time.Second) / *leak)) {
		go forget(make(chan int))
	}
}

// pace calls serve with 0, 1, 2 and so on, as many times a second as -rate says.
func pace(serve func(n int)) {
	beat := time.NewTicker(time.Second / time.Duration(*rate))
	defer beat.Stop()
	for n := 0; n < int(last.Seconds()*float64(*rate)); n++ {
		<-beat.C
		serve(n)
	}
}

func runHTTP() {
	var c cache
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		handle(r.Context(), &c, int(binary.LittleEndian.Uint64(body)))
		w.Write(body)
	})}
	go server.Serve(listener)
	client(func(n int) {
		body := binary.LittleEndian.AppendUint64(nil, uint64(n))
		response, err := http.Post("http://"+listener.Addr().String(), "text/plain", bytes.NewReader(body))
		if err != nil {
			log.Fatal(err)
		}
		io.Copy(io.Discard, response.Body)
		response.Body.Close()
	})
}

func runLock() {
	var c cache
	client(func(n int) { handle(context.Background(), &c, n) })
}

// client has four workers serve the requests.
func client(serve func(n int)) {
	requests := make(chan int, 16)
	var workers sync.WaitGroup
	for i := 0; i < 4; i++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for n := range requests {
				serve(n)
			}
		}()
	}
	pace(func(n int) { requests <- n })
	close(requests)
	workers.Wait()
}

func runPipe() {
	var c cache
	ctx := context.Background()
	first, second, third := make(chan int, 8), make(chan int, 8), make(chan int, 8)
	var stages sync.WaitGroup
	stages.Add(3)
	go func() {
		defer stages.Done()
		for n := range first {
			parse(ctx, n)
			second <- n
		}
		close(second)
	}()
	go func() {
		defer stages.Done()
		for n := range second {
			lookup(ctx, &c, n)
			third <- n
		}
		close(third)
	}()
	go func() {
		defer stages.Done()
		for range third {
			render(ctx)
			burn(30)
		}
	}()
	pace(func(n int) { first <- n })
	close(first)
	stages.Wait()
}

func main() {
	flag.Parse()
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	go leaking()
	map[string]func(){"http": runHTTP, "lock": runLock, "pipe": runPipe}[*program]()
}
