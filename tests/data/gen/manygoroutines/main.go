// 10,000 goroutines that live at the same time.
//
// They start in ten places, wait for a common signal, add to a sharded counter
// and end. Half of the trace is their creation.
package main

import (
	"log"
	"os"
	"runtime/trace"
	"sync"
)

const crowd = 10_000

var (
	start  = make(chan struct{})
	shards [16]struct {
		mu sync.Mutex
		n  int
	}
	ready, done sync.WaitGroup
)

func main() {
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()

	ready.Add(crowd)
	done.Add(crowd)
	var recruiters sync.WaitGroup
	for i := 0; i < 10; i++ {
		recruiters.Add(1)
		go func(i int) {
			defer recruiters.Done()
			for j := 0; j < crowd/10; j++ {
				go member(i*crowd/10 + j)
			}
		}(i)
	}
	recruiters.Wait()
	ready.Wait()
	close(start)
	done.Wait()
}

func member(id int) {
	defer done.Done()
	ready.Done()
	<-start
	shard := &shards[id%len(shards)]
	shard.mu.Lock()
	defer shard.mu.Unlock()
	shard.n += id
}
