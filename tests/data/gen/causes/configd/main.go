// configd: a writer merges and copies deeply under the write lock every 10 ms.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type config struct {
	lock sync.RWMutex
	tree map[string]any
}

func deepCopy(m map[string]any) map[string]any {
	b, _ := json.Marshal(m)
	out := map[string]any{}
	json.Unmarshal(b, &out)
	return out
}
func (c *config) merge(k string, v any) {
	c.lock.Lock()
	t := deepCopy(c.tree)
	t[k] = v
	c.tree = t
	c.lock.Unlock()
}
func (c *config) apply(n int)        { c.merge(fmt.Sprint("k", n%50), n) }
func (c *config) value(k string) any { c.lock.RLock(); defer c.lock.RUnlock(); return c.tree[k] }
func main() {
	c := &config{tree: map[string]any{}}
	for i := 0; i < 4000; i++ {
		c.tree[fmt.Sprint("key", i)] = []int{i, i + 1, i + 2}
	}
	quit := make(chan struct{})
	trace.Start(os.Stdout)
	defer trace.Stop()
	for i := 0; i < 12; i++ {
		go func() {
			for n := 0; ; n++ {
				select {
				case <-quit:
					return
				default:
					c.value("key7")
					time.Sleep(600 * time.Microsecond)
				}
			}
		}()
	}
	for n := 0; n < 20; n++ {
		c.apply(n)
		time.Sleep(10 * time.Millisecond)
	}
	close(quit)
}
