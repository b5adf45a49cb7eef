// Every way in which goroutines wait for each other, one after the other.
//
// Each scene is a region of the main goroutine: unbuffered and buffered
// channels, select, a contended Mutex, readers and writers of an RWMutex, a
// Cond with Signal and Broadcast, a WaitGroup, Once, sleeps and timers,
// Gosched. Two goroutines are left blocked for ever: one in an empty select,
// one on a nil channel.
package main

import (
	"context"
	"log"
	"os"
	"runtime"
	"runtime/trace"
	"sync"
	"time"
)

func main() {
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()

	ctx := context.Background()
	trace.WithRegion(ctx, "unbuffered channel", func() { pingPong(20) })
	trace.WithRegion(ctx, "buffered channel", func() { pipeline(40) })
	trace.WithRegion(ctx, "select", func() { selects(20) })
	trace.WithRegion(ctx, "mutex", mutex)
	trace.WithRegion(ctx, "rwmutex", rwMutex)
	trace.WithRegion(ctx, "cond", cond)
	trace.WithRegion(ctx, "once", once)
	trace.WithRegion(ctx, "timers", timers)
	trace.WithRegion(ctx, "gosched", gosched)
	trace.WithRegion(ctx, "for ever", forEver)
}

// together runs n copies of f at the same time and waits for them.
func together(n int, f func(id int)) {
	var group sync.WaitGroup
	group.Add(n)
	for id := 0; id < n; id++ {
		go func(id int) {
			defer group.Done()
			f(id)
		}(id)
	}
	group.Wait()
}

func pingPong(rounds int) {
	ping, pong := make(chan int), make(chan int)
	go func() {
		for i := range ping {
			pong <- i
		}
		close(pong)
	}()
	for i := 0; i < rounds; i++ {
		ping <- i
		<-pong
	}
	close(ping)
	<-pong
}

func pipeline(items int) {
	squares, odd := make(chan int, 4), make(chan int, 4)
	go func() {
		defer close(squares)
		for i := 0; i < items; i++ {
			squares <- i * i
		}
	}()
	go func() {
		defer close(odd)
		for s := range squares {
			if s%2 == 1 {
				odd <- s
			}
		}
	}()
	for range odd {
		spin(10 * time.Microsecond)
	}
}

func selects(rounds int) {
	a, b, stop := make(chan int), make(chan int), make(chan struct{})
	producer := func(c chan<- int) {
		for i := 0; ; i++ {
			select {
			case c <- i:
			case <-stop:
				return
			}
		}
	}
	go producer(a)
	go producer(b)
	for i := 0; i < rounds; i++ {
		select {
		case <-a:
		case <-b:
		case <-time.After(time.Millisecond):
		}
	}
	select {
	case <-time.After(200 * time.Microsecond):
	case <-make(chan int):
	}
	close(stop)
}

func mutex() {
	var mu sync.Mutex
	together(4, func(int) {
		for i := 0; i < 5; i++ {
			mu.Lock()
			time.Sleep(20 * time.Microsecond)
			mu.Unlock()
		}
	})
}

func rwMutex() {
	var mu sync.RWMutex
	together(5, func(id int) {
		for i := 0; i < 4; i++ {
			if id == 0 {
				mu.Lock()
				time.Sleep(30 * time.Microsecond)
				mu.Unlock()
			} else {
				mu.RLock()
				spin(10 * time.Microsecond)
				mu.RUnlock()
			}
		}
	})
}

func cond() {
	var mu sync.Mutex
	ready, permits := sync.NewCond(&mu), 0
	go func() {
		for i := 0; i < 3; i++ {
			time.Sleep(100 * time.Microsecond)
			mu.Lock()
			permits++
			mu.Unlock()
			ready.Signal()
		}
		time.Sleep(100 * time.Microsecond)
		mu.Lock()
		permits += 3
		mu.Unlock()
		ready.Broadcast()
	}()
	together(6, func(int) {
		mu.Lock()
		defer mu.Unlock()
		for permits == 0 {
			ready.Wait()
		}
		permits--
	})
}

func once() {
	var setUp sync.Once
	together(3, func(int) {
		setUp.Do(func() { time.Sleep(100 * time.Microsecond) })
	})
}

func timers() {
	time.Sleep(0)
	time.Sleep(300 * time.Microsecond)
	ticker := time.NewTicker(200 * time.Microsecond)
	defer ticker.Stop()
	for i := 0; i < 3; i++ {
		<-ticker.C
	}
	fired := make(chan struct{})
	time.AfterFunc(100*time.Microsecond, func() { close(fired) })
	<-fired
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Microsecond)
	defer cancel()
	<-ctx.Done()
}

func gosched() {
	together(3, func(int) {
		for i := 0; i < 5; i++ {
			runtime.Gosched()
		}
	})
}

func forEver() {
	go func() { select {} }()
	go func() { <-(chan int)(nil) }()
	time.Sleep(100 * time.Microsecond)
}

// spin keeps the processor busy for a while.
func spin(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
	}
}
