// quota checks quotas that it caches for a while; when they are stale, it asks
// the quota service for them, under the lock of the cache.
package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"os"
	"runtime/trace"
	"strings"
	"sync"
	"time"
)

// service answers every line after 30 ms.
func service(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			lines := bufio.NewScanner(conn)
			for lines.Scan() {
				time.Sleep(30 * time.Millisecond)
				fmt.Fprintln(conn, strings.ToUpper(lines.Text()))
			}
		}()
	}
}

type quotas struct {
	mu    sync.Mutex
	conn  net.Conn
	lines *bufio.Reader
	left  map[string]int
	fresh time.Time
}

func (q *quotas) fetch(who string) {
	fmt.Fprintln(q.conn, who)
	if _, err := q.lines.ReadString('\n'); err != nil {
		log.Fatal(err)
	}
	q.left[who] = 40
}

func (q *quotas) take(who string) {
	q.mu.Lock()
	if q.left[who] == 0 {
		q.fetch(who)
	}
	q.left[who]--
	q.mu.Unlock()
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go service(listener)
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	q := &quotas{conn: conn, lines: bufio.NewReader(conn), left: map[string]int{}}
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	var done sync.WaitGroup
	for i := range 12 {
		done.Add(1)
		go func() {
			defer done.Done()
			for n := range 60 {
				q.take(fmt.Sprint("customer", (i+n)%6))
				time.Sleep(time.Millisecond)
			}
		}()
	}
	done.Wait()
}
