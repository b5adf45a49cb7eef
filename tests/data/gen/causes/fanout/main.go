// fanout: each request asks four services at once, one of them slow.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type page struct {
	wg    sync.WaitGroup
	mu    sync.Mutex
	parts []string
}

func (p *page) get(ms int) {
	r, err := http.Get(fmt.Sprintf("%s?ms=%d", os.Getenv("BACKEND"), ms))
	if err != nil {
		return
	}
	b, _ := io.ReadAll(r.Body)
	r.Body.Close()
	p.mu.Lock()
	p.parts = append(p.parts, string(b))
	p.mu.Unlock()
}
func (p *page) header()  { defer p.wg.Done(); p.get(3) }
func (p *page) stock()   { defer p.wg.Done(); p.get(4) }
func (p *page) reviews() { defer p.wg.Done(); p.get(38) }
func (p *page) ads()     { defer p.wg.Done(); p.get(2) }
func (p *page) render() int {
	p.wg.Add(4)
	go p.header()
	go p.stock()
	go p.reviews()
	go p.ads()
	p.wg.Wait()
	return len(p.parts)
}
func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, (&page{}).render()) })
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(600 * time.Millisecond)
	trace.Stop()
}
