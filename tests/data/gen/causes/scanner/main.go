// scanner: a port scanner with a gate of four made of a buffered channel in a helper type, waiting on a slow network.
package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type gate chan struct{}

func (g *gate) enter() { *g <- struct{}{} }
func (g *gate) leave() { <-*g }
func probe(addr string) bool {
	c, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return false
	}
	defer c.Close()
	s, _ := bufio.NewReader(c).ReadString('\n')
	return s != ""
}
func scan(addr string, n int) (open int) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	g := make(gate, 4)
	for range n {
		wg.Add(1)
		go func() {
			defer wg.Done()
			g.enter()
			defer g.leave()
			if probe(addr) {
				mu.Lock()
				open++
				mu.Unlock()
			}
		}()
	}
	wg.Wait()
	return
}
func main() {
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { time.Sleep(10 * time.Millisecond); fmt.Fprintln(c, "220 hello"); c.Close() }()
		}
	}()
	trace.Start(os.Stdout)
	defer trace.Stop()
	scan(l.Addr().String(), 100)
}
