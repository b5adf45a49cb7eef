// notify: tasks with regions: each campaign mails its six recipients one by one.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type campaign struct{ to []string }

func (c *campaign) mail(ctx context.Context, to string) {
	defer trace.StartRegion(ctx, "mail").End()
	req, _ := http.NewRequestWithContext(ctx, "POST", os.Getenv("BACKEND")+"?ms=9&to="+to, nil)
	if r, err := http.DefaultClient.Do(req); err == nil {
		io.Copy(io.Discard, r.Body)
		r.Body.Close()
	}
}
func (c *campaign) send(ctx context.Context) {
	ctx, t := trace.NewTask(ctx, "campaign")
	defer t.End()
	for _, to := range c.to {
		c.mail(ctx, to)
	}
}
func main() {
	trace.Start(os.Stdout)
	defer trace.Stop()
	work := make(chan *campaign)
	var wg sync.WaitGroup
	for range 3 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for c := range work {
				ctx, cancel := context.WithTimeout(context.Background(), time.Second)
				c.send(ctx)
				cancel()
			}
		}()
	}
	for i := range 18 {
		c := &campaign{}
		for k := range 6 {
			c.to = append(c.to, fmt.Sprint(i, ".", k))
		}
		work <- c
	}
	close(work)
	wg.Wait()
}
