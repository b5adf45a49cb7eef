// A trace that is stopped right after it was started.
//
// The smallest trace the runtime writes: the goroutines and processors that
// exist, the stop of the world that starts tracing, and nothing else.
package main

import (
	"log"
	"os"
	"runtime/trace"
)

func main() {
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	trace.Stop()
}
