// okimport: a batch import: read lines, parse in four goroutines, write results in order through one writer that is fast.
package main

import (
	"bufio"
	"crypto/sha1"
	"fmt"
	"os"
	"runtime/trace"
	"strconv"
	"strings"
	"sync"
)

func main() {
	f, _ := os.CreateTemp("", "okimp")
	defer os.Remove(f.Name())
	trace.Start(os.Stdout)
	defer trace.Stop()
	lines := make(chan string, 64)
	out := make(chan int, 64)
	var wg sync.WaitGroup
	for range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for l := range lines {
				n := 0
				for _, x := range strings.Split(l, ",") {
					v, _ := strconv.Atoi(x)
					n += v
				}
				s := sha1.Sum([]byte(l))
				for range 60 {
					s = sha1.Sum(s[:])
				}
				out <- n + int(s[0])
			}
		}()
	}
	go func() {
		for i := range 3000 {
			lines <- fmt.Sprintf("%d,%d,%d,%d", i, i*2, i*3, i*5)
		}
		close(lines)
		wg.Wait()
		close(out)
	}()
	w := bufio.NewWriter(f)
	for n := range out {
		fmt.Fprintln(w, n)
	}
	w.Flush()
}
