// A load test for trace readers: a very long, very busy trace.
//
// Thousands of goroutines pass numbers through rings of channels, fight for
// mutexes, make short-lived goroutines and do short system calls, while the
// collector runs all the time. -seconds sets the length. On two processors
// each second makes about two million events, so the trace is not kept in the
// repository.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"runtime/trace"
	"sync"
	"sync/atomic"
	"time"
)

var seconds = flag.Int("seconds", 10, "how long to record")

// stopped tells every goroutine to finish.
var stopped atomic.Bool

func main() {
	flag.Parse()
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()

	var group sync.WaitGroup
	spawn := func(n int, f func()) {
		for i := 0; i < n; i++ {
			group.Add(1)
			go func() {
				defer group.Done()
				f()
			}()
		}
	}
	spawn(20, func() { ring(200, 3) })
	spawn(8, crowd)
	spawn(4, tasks)
	spawn(4, systemCalls)
	spawn(2, garbage)
	time.Sleep(time.Duration(*seconds) * time.Second)
	stopped.Store(true)
	group.Wait()
}

// ring sends a few tokens around a ring of goroutines.
func ring(size, tokens int) {
	// Room for all tokens and the end mark, so that the last goroutine can
	// always hand on what it has when the first one is gone.
	first := make(chan int, tokens+2)
	in := first
	var group sync.WaitGroup
	for i := 0; i < size; i++ {
		out := make(chan int, 1)
		if i == size-1 {
			out = first
		}
		group.Add(1)
		go func(in <-chan int, out chan<- int) {
			defer group.Done()
			for token := range in {
				if token < 0 {
					out <- token
					return
				}
				out <- toil(token)
			}
		}(in, out)
		in = out
	}
	for i := 0; i < tokens; i++ {
		first <- i
		time.Sleep(time.Millisecond)
	}
	for !stopped.Load() {
		time.Sleep(10 * time.Millisecond)
	}
	first <- -1
	group.Wait()
}

// toil does a microsecond or two of work on a token.
func toil(token int) int {
	for i := 0; i < 3000; i++ {
		token = token*31 + i
	}
	return token & (1<<30 - 1)
}

// crowd fights for one mutex.
func crowd() {
	var mu sync.Mutex
	total := 0
	var group sync.WaitGroup
	for i := 0; i < 16; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for !stopped.Load() {
				mu.Lock()
				for j := 0; j < 200; j++ {
					total += j
				}
				mu.Unlock()
				time.Sleep(200 * time.Microsecond)
			}
		}()
	}
	group.Wait()
}

// tasks runs one short task after the other, each with a goroutine of its own.
func tasks() {
	for !stopped.Load() {
		ctx, task := trace.NewTask(context.Background(), "job")
		done := make(chan struct{})
		go func() {
			defer close(done)
			trace.WithRegion(ctx, "step", func() {
				trace.Log(ctx, "state", "working")
			})
		}()
		<-done
		task.End()
		time.Sleep(20 * time.Microsecond)
	}
}

// systemCalls reads and writes a pipe.
func systemCalls() {
	r, w, err := os.Pipe()
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	buf := make([]byte, 8)
	for !stopped.Load() {
		for i := 0; i < 32; i++ {
			w.Write(buf)
			r.Read(buf)
		}
		time.Sleep(100 * time.Microsecond)
	}
}

// garbage keeps the collector busy.
func garbage() {
	var keep [256][]*int
	for i := 0; !stopped.Load(); i++ {
		block := make([]*int, 1024)
		for j := range block {
			block[j] = new(int)
		}
		keep[i%len(keep)] = block
		time.Sleep(100 * time.Microsecond)
	}
}
