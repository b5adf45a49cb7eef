// vault: lock and unlock are helper methods; a compaction holds for long.
package main

import (
	"crypto/sha256"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type vault struct {
	mu   sync.Mutex
	rows [][32]byte
	n    int
}

func (v *vault) lock()        { v.mu.Lock() }
func (v *vault) unlock()      { v.n++; v.mu.Unlock() }
func sum(b [32]byte) [32]byte { return sha256.Sum256(b[:]) }
func (v *vault) compact() {
	v.lock()
	defer v.unlock()
	for i := range v.rows {
		for k := 0; k < 6; k++ {
			v.rows[i] = sum(v.rows[i])
		}
	}
}
func (v *vault) get(i int) byte { v.lock(); b := v.rows[i%len(v.rows)][0]; v.unlock(); return b }
func (v *vault) put(i int)      { v.lock(); v.rows[i%len(v.rows)][1]++; v.unlock() }
func reader(v *vault, id int, stop <-chan struct{}) {
	for i := id; ; i++ {
		select {
		case <-stop:
			return
		default:
		}
		v.get(i)
		if i%7 == 0 {
			v.put(i)
		}
		time.Sleep(700 * time.Microsecond)
	}
}
func main() {
	v := &vault{rows: make([][32]byte, 12000)}
	stop := make(chan struct{})
	for i := 0; i < 10; i++ {
		go reader(v, i*31, stop)
	}
	trace.Start(os.Stdout)
	for i := 0; i < 25; i++ {
		v.compact()
		time.Sleep(12 * time.Millisecond)
	}
	close(stop)
	trace.Stop()
}
