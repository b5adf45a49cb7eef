// dbpool lends out two connections to a data base; far more requests want one.
package main

import (
	"context"
	"io"
	"log"
	"net/http"
	"os"
	"runtime/trace"
	"time"
)

type connection struct{ client http.Client }

func (c *connection) query(n string) string {
	r, err := c.client.Get(os.Getenv("BACKEND") + "?ms=9&n=" + n)
	if err != nil {
		return err.Error()
	}
	defer r.Body.Close()
	text, _ := io.ReadAll(r.Body)
	return string(text)
}

type pool struct{ free chan *connection }

func (p *pool) get(ctx context.Context) (*connection, error) {
	select {
	case c := <-p.free:
		return c, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pool) put(c *connection) { p.free <- c }

func (p *pool) handle(w http.ResponseWriter, r *http.Request) {
	c, err := p.get(r.Context())
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	defer p.put(c)
	io.WriteString(w, c.query(r.URL.Query().Get("n")))
}

func main() {
	p := &pool{free: make(chan *connection, 2)}
	for range cap(p.free) {
		p.put(new(connection))
	}
	http.HandleFunc("/", p.handle)
	go func() { log.Fatal(http.ListenAndServe(os.Getenv("LISTEN"), nil)) }()
	time.Sleep(250 * time.Millisecond)
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	time.Sleep(800 * time.Millisecond)
	trace.Stop()
}
