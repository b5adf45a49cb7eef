// corpus searches texts with a regular expression that it compiles anew for
// every line; one request at a time, so processors are free. With a CPU profile.
package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"regexp"
	"runtime/pprof"
	"runtime/trace"
	"strings"
	"time"
)

type corpus struct{ lines []string }

func (c *corpus) match(pattern string) (count int) {
	for _, line := range c.lines {
		if regexp.MustCompile(pattern).MatchString(line) {
			count++
		}
	}
	return count
}

func (c *corpus) search(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, c.match(`(\w+) ends in `+r.URL.Query().Get("n")+`+$`))
}

func main() {
	c := &corpus{lines: strings.Split(strings.Repeat("this line of words ends in 1234\n", 600), "\n")}
	http.HandleFunc("/", c.search)
	go func() { log.Fatal(http.ListenAndServe(os.Getenv("LISTEN"), nil)) }()
	time.Sleep(250 * time.Millisecond)
	if err := pprof.StartCPUProfile(io.Discard); err != nil {
		log.Fatal(err)
	}
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	time.Sleep(700 * time.Millisecond)
	trace.Stop()
	pprof.StopCPUProfile()
}
