// okcli: a short command: reads, sorts, counts, prints.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime/trace"
	"sort"
	"strings"
)

func main() {
	trace.Start(os.Stdout)
	defer trace.Stop()
	f, _ := os.CreateTemp("", "okcli")
	defer os.Remove(f.Name())
	w := bufio.NewWriter(f)
	for i := 0; i < 40000; i++ {
		fmt.Fprintf(w, "word%d some text here %d\n", i*7919%5003, i)
	}
	w.Flush()
	f.Seek(0, 0)
	count := map[string]int{}
	s := bufio.NewScanner(f)
	for s.Scan() {
		for _, x := range strings.Fields(s.Text()) {
			count[x]++
		}
	}
	var keys []string
	for k := range count {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool { return count[keys[i]] > count[keys[j]] })
	for _, k := range keys[:20] {
		fmt.Fprintln(io.Discard, k, count[k])
	}
}
