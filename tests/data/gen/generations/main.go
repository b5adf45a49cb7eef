// A trace of many generations, with work that spans their borders.
//
// To be run with a short GODEBUG=traceadvanceperiod. While generations pass,
// the program has a task and regions open, a goroutine blocked from the first
// to the last one, one in a system call all the time, one in a busy loop, a
// pair that passes a token, collections that take longer than a generation, and
// goroutines that begin and end in between. Strings and stacks get new numbers in every generation.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"runtime"
	"runtime/trace"
	"sync"
	"syscall"
	"time"
)

// A node of a list, which only one mark worker at a time can follow.
type node struct{ next *node }

func main() {
	var list *node
	for i := 0; i < 300_000; i++ {
		list = &node{list}
	}
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()

	length := 60 * time.Millisecond
	end := time.Now().Add(length)
	ctx, task := trace.NewTask(context.Background(), "across generations")
	defer task.End()

	forever := make(chan struct{})
	var group sync.WaitGroup
	spawn := func(name string, f func()) {
		group.Add(1)
		go func() {
			defer group.Done()
			defer trace.StartRegion(ctx, name).End()
			f()
		}()
	}
	spawn("blocked", func() { <-forever })
	spawn("system call", func() {
		t := syscall.NsecToTimespec(int64(length))
		syscall.Nanosleep(&t, nil)
	})
	spawn("busy", func() {
		for time.Now().Before(end) {
		}
	})
	spawn("ping-pong", func() { pingPong(end) })
	spawn("garbage", func() {
		for time.Now().Before(end) {
			runtime.GC()
			time.Sleep(5 * time.Millisecond)
		}
	})
	for i := 0; time.Now().Before(end); i++ {
		short(ctx, i)
		time.Sleep(2 * time.Millisecond)
	}
	close(forever)
	group.Wait()
	runtime.KeepAlive(list)
}

func short(ctx context.Context, i int) {
	ctx, task := trace.NewTask(ctx, fmt.Sprintf("short %d", i))
	done := make(chan struct{})
	go func() {
		defer close(done)
		trace.Log(ctx, "round", fmt.Sprint(i))
		task.End()
	}()
	<-done
}

func pingPong(end time.Time) {
	ping, pong := make(chan int), make(chan int)
	go func() {
		for i := range ping {
			pong <- i
		}
	}()
	for i := 0; time.Now().Before(end); i++ {
		ping <- i
		<-pong
		time.Sleep(200 * time.Microsecond)
	}
	close(ping)
}
