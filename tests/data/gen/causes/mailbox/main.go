// mailbox: a generic loading cache sleeps (a remote call) under its mutex.
package main

import (
	"fmt"
	"math/rand"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type loader[K comparable, V any] struct {
	sync.Mutex
	m    map[K]V
	load func(K) V
}

func (l *loader[K, V]) get(k K) V {
	l.Lock()
	defer l.Unlock()
	if v, ok := l.m[k]; ok {
		return v
	}
	v := l.load(k)
	l.m[k] = v
	return v
}
func lookupUser(s string) int { time.Sleep(11 * time.Millisecond); return len(s) }
func resolve(l *loader[string, int], r *rand.Rand) int {
	return l.get(fmt.Sprint("u", r.Intn(5000))) + l.get("root")
}
func main() {
	l := &loader[string, int]{m: map[string]int{}, load: lookupUser}
	trace.Start(os.Stdout)
	var wg sync.WaitGroup
	for i := range 7 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			r := rand.New(rand.NewSource(int64(i)))
			for range 9 {
				resolve(l, r)
				time.Sleep(time.Millisecond)
			}
		}()
	}
	wg.Wait()
	trace.Stop()
}
