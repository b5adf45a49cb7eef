// walletd: a lock kept over three layers of helpers down to a connection.
package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type rpc struct {
	c net.Conn
	r *bufio.Reader
}

func (c *rpc) call(line string) (string, error) {
	if _, err := fmt.Fprintln(c.c, line); err != nil {
		return "", err
	}
	return c.r.ReadString('\n')
}

type wallet struct {
	mu   sync.Mutex
	bank *rpc
	sum  int
}

func (w *wallet) post(n string) error { _, err := w.bank.call("post " + n); return err }
func (w *wallet) transfer(n string) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sum++
	if err := w.post(n); err != nil {
		return 0, err
	}
	return w.sum, nil
}
func bank(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			s := bufio.NewScanner(c)
			for s.Scan() {
				time.Sleep(6 * time.Millisecond)
				fmt.Fprintln(c, "ok")
			}
		}()
	}
}

type server struct{ w *wallet }

func (s server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n, err := s.w.transfer(r.FormValue("n"))
	if err != nil {
		http.Error(w, "bank", 502)
		return
	}
	fmt.Fprint(w, n)
}
func main() {
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	go bank(l)
	c, _ := net.Dial("tcp", l.Addr().String())
	go http.ListenAndServe(os.Getenv("LISTEN"), server{&wallet{bank: &rpc{c, bufio.NewReader(c)}}})
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(600 * time.Millisecond)
	trace.Stop()
}
