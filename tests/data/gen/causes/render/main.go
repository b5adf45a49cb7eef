// render draws pages with workers, and makes a new canvas for every tile of
// them; the heap has little room.
package main

import (
	"log"
	"os"
	"runtime/debug"
	"runtime/trace"
	"sync"
)

type node struct {
	left, right *node
	text        string
}

// layout builds a tree of boxes for a tile.
func layout(depth int) *node {
	if depth == 0 {
		return &node{text: string(make([]byte, 48))}
	}
	return &node{left: layout(depth - 1), right: layout(depth - 1)}
}

func draw(page int) int {
	size := 0
	for range 16 {
		tree := layout(10)
		for at := tree; at != nil; at = at.left {
			size += len(at.text)
		}
	}
	return size + page
}

func main() {
	debug.SetGCPercent(20)
	keep := layout(15)
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	pages := make(chan int)
	var done sync.WaitGroup
	for range 4 {
		done.Add(1)
		go func() {
			defer done.Done()
			for page := range pages {
				draw(page)
			}
		}()
	}
	for page := range 40 {
		pages <- page
	}
	close(pages)
	done.Wait()
	_ = keep.text
}
