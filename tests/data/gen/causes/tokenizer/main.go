// tokenizer: text is cut into many small strings and maps with GOGC=15 and a live index.
package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"runtime/trace"
	"strings"
	"sync"
)

type posting struct {
	word string
	at   []*posting
}

func tokens(s string) []*posting {
	var out []*posting
	for i, w := range strings.Fields(s) {
		p := &posting{word: w + fmt.Sprint(i)}
		if i > 0 {
			p.at = append(p.at, out[i-1])
		}
		out = append(out, p)
	}
	return out
}
func main() {
	debug.SetGCPercent(15)
	text := strings.Repeat("the quick brown fox jumps over a lazy dog ", 40)
	var keep [][]*posting
	for i := 0; i < 400; i++ {
		keep = append(keep, tokens(text))
	}
	trace.Start(os.Stdout)
	defer trace.Stop()
	var wg sync.WaitGroup
	for w := 0; w < 4; w++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			n := 0
			for i := 0; i < 220; i++ {
				n += len(tokens(text))
			}
		}()
	}
	wg.Wait()
	fmt.Fprintln(os.Stderr, len(keep))
}
