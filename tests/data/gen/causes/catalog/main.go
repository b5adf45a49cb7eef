// catalog: a reload parses a file under the write lock.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"runtime/trace"
	"strconv"
	"strings"
	"sync"
	"time"
)

type catalog struct {
	sync.RWMutex
	price map[string]float64
}

func parse(b []byte) map[string]float64 {
	m := map[string]float64{}
	s := bufio.NewScanner(bytes.NewReader(b))
	for s.Scan() {
		f := strings.Fields(s.Text())
		v, _ := strconv.ParseFloat(f[1], 64)
		m[f[0]] = v
	}
	return m
}
func (c *catalog) reload(p string) {
	c.Lock()
	defer c.Unlock()
	b, err := os.ReadFile(p)
	if err != nil {
		return
	}
	c.price = parse(b)
}
func (c *catalog) find(k string) float64 { c.RLock(); defer c.RUnlock(); return c.price[k] }
func main() {
	f, _ := os.CreateTemp("", "catalog")
	defer os.Remove(f.Name())
	for i := 0; i < 20000; i++ {
		fmt.Fprintf(f, "item%d %d.5\n", i, i)
	}
	f.Close()
	c := &catalog{}
	c.reload(f.Name())
	done := make(chan struct{})
	trace.Start(os.Stdout)
	for i := 0; i < 8; i++ {
		go func() {
			for n := i; ; n++ {
				select {
				case <-done:
					return
				case <-time.After(400 * time.Microsecond):
				}
				c.find(fmt.Sprint("item", n%20000))
			}
		}()
	}
	for i := 0; i < 4; i++ {
		c.reload(f.Name())
		time.Sleep(20 * time.Millisecond)
	}
	close(done)
	trace.Stop()
}
