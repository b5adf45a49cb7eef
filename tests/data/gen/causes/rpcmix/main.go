// rpcmix: net/rpc: heavy calls keep light ones waiting for a proc.
package main

import (
	"net"
	"net/rpc"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type Maths int

func factor(n int) int {
	c := 0
	for i := 2; n > 1 && i < 9000000; i++ {
		if n%i == 0 {
			n /= i
			c++
		}
	}
	return c
}
func (m *Maths) Factor(n int, out *int) error { *out = factor(n); return nil }
func (m *Maths) Ping(n int, out *int) error   { *out = n; return nil }
func main() {
	rpc.Register(new(Maths))
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	go rpc.Accept(l)
	c, _ := rpc.Dial("tcp", l.Addr().String())
	trace.Start(os.Stdout)
	end := time.Now().Add(900 * time.Millisecond)
	var wg sync.WaitGroup
	for i := 0; i < 6; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for time.Now().Before(end) {
				var r int
				c.Call("Maths.Factor", 1000000007, &r)
			}
		}()
	}
	for i := 0; i < 4; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for time.Now().Before(end) {
				var r int
				c.Call("Maths.Ping", 3, &r)
				time.Sleep(2 * time.Millisecond)
			}
		}()
	}
	wg.Wait()
	trace.Stop()
}
