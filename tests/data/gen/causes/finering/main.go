// finering passes tokens around a ring of goroutines, and lines through a
// pipeline of three stages that keep step with their source.
package main

import (
	"log"
	"os"
	"runtime/trace"
	"strings"
	"time"
)

func pass(in <-chan int, out chan<- int) {
	for token := range in {
		out <- token + 1
	}
}

func stage(in <-chan string, out chan<- string, work func(string) string) {
	defer close(out)
	for line := range in {
		out <- work(line)
	}
}

func main() {
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	first := make(chan int)
	in := first
	for range 12 {
		out := make(chan int)
		go pass(in, out)
		in = out
	}
	go func() {
		for token := range in {
			time.Sleep(2 * time.Millisecond)
			first <- token
		}
	}()
	first <- 0
	lines, upper, trimmed := make(chan string), make(chan string), make(chan string)
	go stage(lines, upper, strings.ToUpper)
	go stage(upper, trimmed, strings.TrimSpace)
	go func() {
		defer close(lines)
		for range time.Tick(3 * time.Millisecond) {
			lines <- " a line "
		}
	}()
	end := time.After(600 * time.Millisecond)
	for {
		select {
		case <-trimmed:
		case <-end:
			return
		}
	}
}
