// finepool lends out connections, and there are enough of them for all.
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
	r, err := c.client.Get(os.Getenv("BACKEND") + "?ms=6&n=" + n)
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

func (p *pool) handle(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), time.Second)
	defer cancel()
	c, err := p.get(ctx)
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	defer func() { p.free <- c }()
	io.WriteString(w, c.query(r.URL.Query().Get("n")))
}

func main() {
	p := &pool{free: make(chan *connection, 40)}
	for range cap(p.free) {
		p.free <- new(connection)
	}
	http.HandleFunc("/", p.handle)
	go func() { log.Fatal(http.ListenAndServe(os.Getenv("LISTEN"), nil)) }()
	time.Sleep(250 * time.Millisecond)
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	time.Sleep(600 * time.Millisecond)
	trace.Stop()
}
