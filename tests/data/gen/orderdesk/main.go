// Orderdesk serves orders that come at a steady pace, as a subject for comparisons: each is a task with four
// regions, one of which needs a lock. Flags plant a change. The trace goes to standard output.
package main

import (
	"context"
	"flag"
	"log"
	"math/rand"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

var (
	slow = flag.Float64("slow", 1, "how much longer the region price takes")
	hold = flag.Duration("hold", 0, "how much longer the stock's lock is held, one time in eight")
	leak = flag.Bool("leak", false, "leave a goroutine behind for each fourth order")
	seed = flag.Int64("seed", 1, "for pauses that differ from order to order")
	last = flag.Duration("last", 400*time.Millisecond, "how long to serve")
)

// The stock all orders draw from.
type stock struct {
	mu   sync.Mutex
	left int
}

func (s *stock) take(extra time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left--
	work(150 * time.Microsecond)
	if extra > 0 {
		time.Sleep(extra)
	}
}

// work keeps a processor busy.
func work(how time.Duration) {
	for start := time.Now(); time.Since(start) < how; {
	}
}

func serve(ctx context.Context, s *stock, n int, pause time.Duration) {
	ctx, task := trace.NewTask(ctx, "order")
	defer task.End()
	trace.WithRegion(ctx, "check", func() { work(80 * time.Microsecond) })
	trace.WithRegion(ctx, "reserve", func() {
		extra := time.Duration(0)
		if n%8 == 0 {
			extra = *hold
		}
		s.take(extra)
	})
	trace.WithRegion(ctx, "price", func() { work(time.Duration(*slow * float64(400*time.Microsecond))) })
	trace.WithRegion(ctx, "book", func() { time.Sleep(pause) })
	if *leak && n%4 == 0 {
		go forget(make(chan int))
	}
}

func forget(never chan int) { <-never }

func clerk(orders <-chan int, s *stock, random *rand.Rand, wg *sync.WaitGroup) {
	defer wg.Done()
	for n := range orders {
		serve(context.Background(), s, n, time.Millisecond+time.Duration(random.Int63n(int64(time.Millisecond))))
	}
}

func main() {
	flag.Parse()
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	orders := make(chan int, 16)
	var s stock
	var wg sync.WaitGroup
	for i := 0; i < 4; i++ {
		wg.Add(1)
		go clerk(orders, &s, rand.New(rand.NewSource(*seed*100+int64(i))), &wg)
	}
	beat := time.NewTicker(2 * time.Millisecond)
	for n := 0; n < int(*last/(2*time.Millisecond)); n++ {
		<-beat.C
		orders <- n
	}
	close(orders)
	wg.Wait()
	trace.Stop()
}
