// Goroutines in every state at the moment the trace begins and ends.
//
// Some are runnable but have not run yet, some wait (for a channel, a timer, a
// mutex, the network), one is in a system call, one runs on the other
// processor. All the trace says about them is their state, and what they do
// next. Go's reader reports the runnable ones of a Go 1.21 trace in a
// different order each time.
package main

import (
	"log"
	"net"
	"os"
	"runtime/trace"
	"sync"
	"syscall"
	"time"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	var mu sync.Mutex
	mu.Lock()
	wake := make(chan struct{})
	go func() { <-wake }()
	go time.Sleep(20 * time.Millisecond)
	go func() { mu.Lock() }()
	go listener.Accept()
	go func() {
		t := syscall.NsecToTimespec(int64(50 * time.Millisecond))
		syscall.Nanosleep(&t, nil)
	}()
	end := time.Now().Add(15 * time.Millisecond)
	go busy(end)
	time.Sleep(5 * time.Millisecond)
	for i := 0; i < 12; i++ {
		go busy(time.Time{})
	}

	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()

	for time.Now().Before(end) {
	}
	close(wake)
	mu.Unlock()
	listener.Close()
	time.Sleep(2 * time.Millisecond)
	for i := 0; i < 12; i++ {
		go busy(time.Time{})
	}
}

func busy(end time.Time) {
	for time.Now().Before(end) {
	}
}
