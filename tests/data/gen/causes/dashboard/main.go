// dashboard asks five services over net/rpc for one page, each after the
// answer of the one before, though none needs it.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"net/rpc"
	"os"
	"runtime/trace"
	"time"
)

// Weather and its like are what the widgets show.
type Widget struct{}

// Load answers after some milliseconds.
func (Widget) Load(took int, text *string) error {
	time.Sleep(time.Duration(took) * time.Millisecond)
	*text = fmt.Sprint("after ", took)
	return nil
}

type page struct{ services []*rpc.Client }

func (p *page) widget(at int) string {
	var text string
	if err := p.services[at].Call("Widget.Load", 6+3*at, &text); err != nil {
		return err.Error()
	}
	return text
}

func (p *page) build() (texts []string) {
	for at := range p.services {
		texts = append(texts, p.widget(at))
	}
	return texts
}

func main() {
	rpc.Register(Widget{})
	p := &page{}
	for range 5 {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			log.Fatal(err)
		}
		go rpc.Accept(listener)
		client, err := rpc.Dial("tcp", listener.Addr().String())
		if err != nil {
			log.Fatal(err)
		}
		p.services = append(p.services, client)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, p.build()) })
	go func() { log.Fatal(http.ListenAndServe(os.Getenv("LISTEN"), nil)) }()
	time.Sleep(250 * time.Millisecond)
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	time.Sleep(900 * time.Millisecond)
	trace.Stop()
}
