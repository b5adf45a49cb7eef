// heartbeat has to answer pings in time, but more goroutines than there are
// processors search for primes beside it.
package main

import (
	"log"
	"net"
	"os"
	"runtime/trace"
	"sync/atomic"
	"time"
)

var found atomic.Int64

func isPrime(n int) bool {
	for d := 2; d*d <= n; d++ {
		if n%d == 0 {
			return false
		}
	}
	return true
}

func search(from int) {
	for n := from; ; n += 2 {
		if isPrime(n) {
			found.Add(1)
		}
	}
}

func answer(conn net.Conn) {
	ping := make([]byte, 1)
	for {
		if _, err := conn.Read(ping); err != nil {
			return
		}
		if _, err := conn.Write(ping); err != nil {
			return
		}
	}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go answer(conn)
		}
	}()
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	for i := range 6 {
		go search(1_000_000_000_001 + 1000*i)
	}
	stop := time.Now().Add(800 * time.Millisecond)
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	pong := make([]byte, 1)
	for time.Now().Before(stop) {
		conn.Write(pong)
		conn.Read(pong)
		time.Sleep(5 * time.Millisecond)
	}
}
