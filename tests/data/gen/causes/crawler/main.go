// crawler fetches the pages of each site one after the other; three sites are
// crawled at once. Every site is a task, every page a region.
package main

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"runtime/trace"
	"strconv"
	"sync"
	"time"
)

func fetch(ctx context.Context, url string) (size int) {
	defer trace.StartRegion(ctx, "fetch").End()
	r, err := http.Get(url)
	if err != nil {
		log.Fatal(err)
	}
	defer r.Body.Close()
	text, _ := io.ReadAll(r.Body)
	return len(text)
}

func crawl(site string, pages int) (size int) {
	ctx, task := trace.NewTask(context.Background(), "site")
	defer task.End()
	for page := range pages {
		size += fetch(ctx, site+strconv.Itoa(page))
	}
	return size
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(time.Duration(8+len(r.URL.Path)) * time.Millisecond)
		io.WriteString(w, r.URL.Path)
	}))
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	sites := make(chan string)
	var done sync.WaitGroup
	for range 3 {
		done.Add(1)
		go func() {
			defer done.Done()
			for site := range sites {
				crawl(site, 8)
			}
		}()
	}
	for i := range 18 {
		sites <- "http://" + listener.Addr().String() + "/" + strconv.Itoa(i) + "/"
	}
	close(sites)
	done.Wait()
}
