// turnstile uses a channel of one place as a lock around a ledger that is
// hashed anew with every entry.
package main

import (
	"crypto/sha256"
	"log"
	"os"
	"runtime/trace"
	"sync"
)

type ledger struct {
	turn  chan struct{}
	pages [][]byte
	sum   [32]byte
}

func (l *ledger) enter(page []byte) {
	l.turn <- struct{}{}
	l.pages[int(page[0])%len(l.pages)] = page
	h := sha256.New()
	for _, page := range l.pages {
		h.Write(page)
	}
	h.Sum(l.sum[:0])
	<-l.turn
}

func clerk(l *ledger, id byte, done *sync.WaitGroup) {
	defer done.Done()
	for range 60 {
		l.enter(make([]byte, 4096+int(id)))
	}
}

func main() {
	l := &ledger{turn: make(chan struct{}, 1), pages: make([][]byte, 128)}
	for i := range l.pages {
		l.pages[i] = make([]byte, 4096)
	}
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	var done sync.WaitGroup
	for id := range 10 {
		done.Add(1)
		go clerk(l, byte(id), &done)
	}
	done.Wait()
}
