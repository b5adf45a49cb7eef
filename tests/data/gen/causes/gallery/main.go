// gallery: each request opens and reads 150 small files.
package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime/trace"
	"time"
)

type gallery struct{ dir string }

func (g *gallery) describe(i int) int {
	b, _ := os.ReadFile(filepath.Join(g.dir, fmt.Sprint(i)))
	return len(b)
}
func (g *gallery) index() (n int) {
	for i := 0; i < 150; i++ {
		n += g.describe(i)
	}
	return
}
func main() {
	d, _ := os.MkdirTemp("", "gal")
	defer os.RemoveAll(d)
	for i := 0; i < 150; i++ {
		os.WriteFile(filepath.Join(d, fmt.Sprint(i)), make([]byte, 900), 0o600)
	}
	g := &gallery{d}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, g.index()) })
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(25 * time.Millisecond)
	trace.Stop()
}
