// tally counts words of many texts in one map under one mutex, and does the
// counting itself inside of it: the workers take turns.
package main

import (
	"log"
	"os"
	"runtime/trace"
	"sort"
	"strings"
	"sync"
)

type tally struct {
	mu    sync.Mutex
	words map[string]int
	top   []string
}

// add counts the words of a text and keeps the most frequent ones sorted.
func (t *tally) add(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, word := range strings.Fields(text) {
		t.words[word]++
	}
	t.top = t.top[:0]
	for word := range t.words {
		t.top = append(t.top, word)
	}
	sort.Slice(t.top, func(i, j int) bool { return t.words[t.top[i]] > t.words[t.top[j]] })
}

func worker(t *tally, texts <-chan string, done *sync.WaitGroup) {
	defer done.Done()
	for text := range texts {
		t.add(strings.ToLower(text))
	}
}

func main() {
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	t := &tally{words: map[string]int{}}
	texts := make(chan string, 64)
	var done sync.WaitGroup
	for i := 0; i < 6; i++ {
		done.Add(1)
		go worker(t, texts, &done)
	}
	for i := 0; i < 1500; i++ {
		texts <- strings.Repeat("The quick brown fox number ", 8) + strings.Repeat("x", 1+i%700)
	}
	close(texts)
	done.Wait()
}
