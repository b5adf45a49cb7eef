// Reads a trace with Go's own reader and does nothing with the events: what Tracelane's load is measured
// against. The reader is internal to Go's standard library, so ../bench.sh builds this as a part of it.
package main

import (
	"bufio"
	"fmt"
	"internal/trace"
	"io"
	"log"
	"os"
	"time"
)

func main() {
	file, err := os.Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	start := time.Now()
	reader, err := trace.NewReader(bufio.NewReaderSize(file, 1<<20))
	if err != nil {
		log.Fatal(err)
	}
	events := 0
	for {
		if _, err := reader.ReadEvent(); err == io.EOF {
			break
		} else if err != nil {
			log.Fatal(err)
		}
		events++
	}
	taken := time.Since(start)
	fmt.Printf("  Go's own reader: %d events in %d ms, %.1f M events/s\n", events, taken.Milliseconds(),
		float64(events)/taken.Seconds()/1e6)
}
