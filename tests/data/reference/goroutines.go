// Prints what Go's own summarizer (internal/trace) says each goroutine spent its time on. Made and run by
// goroutines.sh, which puts it beside a copy of that package.
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
	"strings"

	"reference/internal/trace"
)

func main() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for _, name := range os.Args[1:] {
		if err := summarize(out, name); err != nil {
			log.Printf("%s: %v", name, err)
		}
	}
}

func summarize(out io.Writer, name string) error {
	file, err := os.Open("../" + name)
	if err != nil {
		return err
	}
	defer file.Close()
	reader, err := trace.NewReader(bufio.NewReader(file))
	if err != nil {
		return err
	}
	summarizer := trace.NewSummarizer()
	for {
		event, err := reader.ReadEvent()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		summarizer.Event(&event)
	}
	fmt.Fprintf(out, "file %s\n", name)
	found := summarizer.Finalize().Goroutines
	var ids []trace.GoID
	for id := range found {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		g := found[id]
		fmt.Fprintf(out, "%d %d %d %d %d %d", id, g.TotalTime, g.ExecTime, g.SchedWaitTime, g.SyscallTime, g.SyscallBlockTime)
		var reasons []string
		for reason, nanos := range g.BlockTimeByReason {
			reasons = append(reasons, fmt.Sprintf("%s=%d", strings.ReplaceAll(reason, " ", "_"), nanos))
		}
		slices.Sort(reasons)
		for _, reason := range reasons {
			fmt.Fprintf(out, " %s", reason)
		}
		fmt.Fprintln(out)
	}
	return nil
}
