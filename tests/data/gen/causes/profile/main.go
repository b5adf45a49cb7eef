// profile: five independent queries, one after the other, over pooled connections.
package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime/trace"
	"strings"
	"time"
)

type conn struct {
	net.Conn
	r *bufio.Reader
}
type db struct {
	free chan *conn
	addr string
}

func (d *db) get() *conn {
	select {
	case c := <-d.free:
		return c
	default:
	}
	c, _ := net.Dial("tcp", d.addr)
	return &conn{c, bufio.NewReader(c)}
}
func (d *db) put(c *conn) {
	select {
	case d.free <- c:
	default:
		c.Close()
	}
}
func (d *db) query(q string) string {
	c := d.get()
	defer d.put(c)
	fmt.Fprintln(c, q)
	s, _ := c.r.ReadString('\n')
	return s
}

type api struct{ db *db }

func (a *api) profile(id string) string {
	user := a.db.query("user " + id)
	orders := a.db.query("orders " + id)
	points := a.db.query("points " + id)
	address := a.db.query("address " + id)
	offers := a.db.query("offers")
	return strings.Join([]string{user, orders, points, address, offers}, ",")
}
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fmt.Fprint(w, a.profile(r.FormValue("n")))
}
func serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			s := bufio.NewScanner(c)
			for s.Scan() {
				time.Sleep(time.Duration(3+len(s.Text())%4) * time.Millisecond)
				fmt.Fprintln(c, "row")
			}
		}()
	}
}
func main() {
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	go serve(l)
	go http.ListenAndServe(os.Getenv("LISTEN"), &api{&db{make(chan *conn, 32), l.Addr().String()}})
	time.Sleep(300 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(700 * time.Millisecond)
	trace.Stop()
}
