// keepalive: every connection leaves a heartbeat goroutine with a ticker behind.
package main

import (
	"os"
	"runtime/trace"
	"sync/atomic"
	"time"
)

type client struct {
	beats  atomic.Int64
	closed chan struct{}
}

func (c *client) heartbeat() {
	t := time.NewTicker(100 * time.Millisecond)
	for {
		select {
		case <-t.C:
			c.beats.Add(1)
		case <-c.closed:
			return
		}
	}
}
func dial() *client   { c := &client{closed: make(chan struct{})}; go c.heartbeat(); return c }
func (c *client) do() { time.Sleep(2 * time.Millisecond) }
func main() {
	trace.Start(os.Stdout)
	for i := 0; i < 300; i++ {
		c := dial()
		c.do()
		if i%50 == 0 {
			close(c.closed)
		}
	}
	trace.Stop()
}
