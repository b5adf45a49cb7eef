// oksite: a site generator: pages rendered side by side and written to files, some collections.
package main

import (
	"bytes"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"runtime/trace"
	"strings"
	"sync"
)

type page struct {
	Title string
	Body  string
	Tags  []string
}

var t = template.Must(template.New("p").Parse("<html><h1>{{.Title}}</h1>{{range .Tags}}<a>{{.}}</a>{{end}}<p>{{.Body}}</p></html>"))

func render(p page) []byte { var b bytes.Buffer; t.Execute(&b, p); return b.Bytes() }
func main() {
	d, _ := os.MkdirTemp("", "oksite")
	defer os.RemoveAll(d)
	trace.Start(os.Stdout)
	defer trace.Stop()
	pages := make(chan int, 16)
	var wg sync.WaitGroup
	for range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range pages {
				p := page{fmt.Sprint("page ", i), strings.Repeat("text & more <b> ", 300), strings.Split("a b c d e f", " ")}
				b := render(p)
				os.WriteFile(filepath.Join(d, fmt.Sprint(i)), b, 0o600)
			}
		}()
	}
	for i := range 700 {
		pages <- i
	}
	close(pages)
	wg.Wait()
}
