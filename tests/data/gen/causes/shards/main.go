// shards applies batches of changes with a long-lived worker per shard; most
// changes go to the same shard, and the next batch waits for the last of them.
package main

import (
	"crypto/sha1"
	"log"
	"os"
	"runtime/trace"
)

type change struct {
	key  int
	data []byte
}

type shard struct {
	in   chan []change
	sums map[int][20]byte
}

func (s *shard) apply(c change) {
	sum := s.sums[c.key]
	for range 60 {
		copy(c.data, sum[:])
		sum = sha1.Sum(c.data)
	}
	s.sums[c.key] = sum
}

func (s *shard) loop(done chan<- int) {
	for changes := range s.in {
		for _, c := range changes {
			s.apply(c)
		}
		done <- len(changes)
	}
}

func split(batch []change, shards int) [][]change {
	parts := make([][]change, shards)
	for _, c := range batch {
		at := c.key % 100
		if at >= shards {
			at = 2
		}
		parts[at] = append(parts[at], c)
	}
	return parts
}

func main() {
	done := make(chan int)
	var shards []*shard
	for range 4 {
		s := &shard{in: make(chan []change), sums: map[int][20]byte{}}
		shards = append(shards, s)
		go s.loop(done)
	}
	batch := make([]change, 300)
	for i := range batch {
		batch[i] = change{i, make([]byte, 200)}
	}
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	for range 60 {
		for at, part := range split(batch, len(shards)) {
			shards[at].in <- part
		}
		for range shards {
			<-done
		}
	}
}
