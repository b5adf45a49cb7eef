//go:build go1.25

// A flight recorder's window that has lost its beginning.
//
// To be run with a short GODEBUG=traceadvanceperiod. The program runs much
// longer than the window, so the file starts at some later generation than the
// first: goroutines, tasks and regions were begun before it, and the first
// state of each is a status report.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

func main() {
	recorder := trace.NewFlightRecorder(trace.FlightRecorderConfig{MinAge: 12 * time.Millisecond})
	if err := recorder.Start(); err != nil {
		log.Fatal(err)
	}
	ctx, task := trace.NewTask(context.Background(), "begun before the window")
	region := trace.StartRegion(ctx, "begun before the window")
	end := time.Now().Add(80 * time.Millisecond)
	forever := make(chan struct{})
	go func() { <-forever }()

	var group sync.WaitGroup
	for id := range 3 {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := 0; time.Now().Before(end); i++ {
				trace.WithRegion(ctx, fmt.Sprintf("worker %d", id), func() {
					time.Sleep(300 * time.Microsecond)
				})
			}
		}()
	}
	group.Wait()
	region.End()
	task.End()
	if _, err := recorder.WriteTo(os.Stdout); err != nil {
		log.Fatal(err)
	}
	recorder.Stop()
}
