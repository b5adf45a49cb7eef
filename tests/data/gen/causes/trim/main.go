// trim asks for a collection after every batch, to keep memory low.
package main

import (
	"crypto/sha256"
	"log"
	"os"
	"runtime"
	"runtime/trace"
	"sync"
)

type batch [][]byte

var kept []batch

// trim gives memory back.
func trim() { runtime.GC() }

func process(b batch) (sum [32]byte) {
	h := sha256.New()
	for _, row := range b {
		h.Write(row)
	}
	h.Sum(sum[:0])
	return sum
}

func fill(rows int) batch {
	b := make(batch, rows)
	for i := range b {
		b[i] = make([]byte, 64)
	}
	return b
}

func main() {
	for range 100 {
		kept = append(kept, fill(500))
	}
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	var done sync.WaitGroup
	for range 2 {
		done.Add(1)
		go func() {
			defer done.Done()
			for range 12 {
				process(fill(4000))
				trim()
			}
		}()
	}
	done.Wait()
}
