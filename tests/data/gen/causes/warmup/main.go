// warmup: a short command that fetches twelve files one after the other.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/trace"
)

func fetch(name string) (int64, error) {
	r, err := http.Get(os.Getenv("BACKEND") + "?ms=16&name=" + name)
	if err != nil {
		return 0, err
	}
	defer r.Body.Close()
	return io.Copy(io.Discard, r.Body)
}
func prefetch(names []string) (sum int64) {
	for _, n := range names {
		s, _ := fetch(n)
		sum += s
	}
	return
}
func main() {
	trace.Start(os.Stdout)
	defer trace.Stop()
	var names []string
	for i := 0; i < 12; i++ {
		names = append(names, fmt.Sprint("file", i))
	}
	fmt.Fprintln(os.Stderr, prefetch(names))
}
