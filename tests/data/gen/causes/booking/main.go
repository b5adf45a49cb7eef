// booking: four services called through methods, one after the other, with a context each.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/trace"
	"time"
)

type trip struct{ c *http.Client }

func call(ctx context.Context, c *http.Client, what string, ms int) string {
	ctx, stop := context.WithTimeout(ctx, time.Second)
	defer stop()
	q, _ := http.NewRequestWithContext(ctx, "GET", fmt.Sprintf("%s?ms=%d&%s", os.Getenv("BACKEND"), ms, what), nil)
	r, err := c.Do(q)
	if err != nil {
		return ""
	}
	defer r.Body.Close()
	b, _ := io.ReadAll(r.Body)
	return string(b)
}
func (t *trip) flight(ctx context.Context) string    { return call(ctx, t.c, "flight", 11) }
func (t *trip) hotel(ctx context.Context) string     { return call(ctx, t.c, "hotel", 9) }
func (t *trip) car(ctx context.Context) string       { return call(ctx, t.c, "car", 7) }
func (t *trip) insurance(ctx context.Context) string { return call(ctx, t.c, "insurance", 12) }
func (t *trip) book(ctx context.Context) string {
	return t.flight(ctx) + t.hotel(ctx) + t.car(ctx) + t.insurance(ctx)
}
func main() {
	t := &trip{&http.Client{}}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, t.book(r.Context())) })
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(250 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(700 * time.Millisecond)
	trace.Stop()
}
