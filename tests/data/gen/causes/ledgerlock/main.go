// ledgerlock: settlement holds the mutex while it nets all accounts; begin and commit are methods of a transaction type.
package main

import (
	"os"
	"runtime/trace"
	"sort"
	"sync"
	"time"
)

type ledger struct {
	mu  sync.Mutex
	acc []int
}
type tx struct{ l *ledger }

func (l *ledger) begin() *tx { l.mu.Lock(); return &tx{l} }
func (t *tx) commit()        { t.l.mu.Unlock() }
func (l *ledger) net() int   { c := append([]int(nil), l.acc...); sort.Ints(c); return c[len(c)/2] }
func (l *ledger) settle() int {
	t := l.begin()
	defer t.commit()
	n := 0
	for i := 0; i < 3; i++ {
		n += l.net()
	}
	return n
}
func (l *ledger) pay(i int) { t := l.begin(); l.acc[i%len(l.acc)] += i; t.commit() }
func main() {
	l := &ledger{acc: make([]int, 30000)}
	for i := range l.acc {
		l.acc[i] = i * 7919 % 10007
	}
	trace.Start(os.Stdout)
	defer trace.Stop()
	var wg sync.WaitGroup
	end := time.Now().Add(400 * time.Millisecond)
	for i := range 9 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for n := i; time.Now().Before(end); n++ {
				l.pay(n)
				time.Sleep(500 * time.Microsecond)
			}
		}()
	}
	for time.Now().Before(end) {
		l.settle()
		time.Sleep(4 * time.Millisecond)
	}
	wg.Wait()
}
