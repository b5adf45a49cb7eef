// The world is stopped for every reason that a program can cause.
//
// Start of the trace, changes of GOMAXPROCS (the trace shows processors come
// and go), a collection's two stops, memory statistics, goroutine profiles,
// all goroutines' stacks, a heap dump, and a system call on all threads.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"runtime/trace"
	"sync"
	"syscall"
	"time"
)

func main() {
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()

	stop := make(chan struct{})
	var group sync.WaitGroup
	for i := 0; i < 6; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			busy(stop)
		}()
	}
	ctx := context.Background()
	for _, procs := range []int{1, 6, 3, 2} {
		trace.WithRegion(ctx, "change GOMAXPROCS", func() {
			runtime.GOMAXPROCS(procs)
			time.Sleep(time.Millisecond)
		})
	}
	trace.WithRegion(ctx, "collect", runtime.GC)
	trace.WithRegion(ctx, "read memory statistics", func() {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
	})
	trace.WithRegion(ctx, "goroutine profile", func() {
		runtime.GoroutineProfile(make([]runtime.StackRecord, 100))
		pprof.Lookup("goroutine").WriteTo(io.Discard, 0)
	})
	trace.WithRegion(ctx, "all stacks", func() {
		runtime.Stack(make([]byte, 1<<16), true)
	})
	trace.WithRegion(ctx, "heap dump", heapDump)
	trace.WithRegion(ctx, "system call on all threads", func() {
		syscall.AllThreadsSyscall(syscall.SYS_GETPPID, 0, 0, 0)
	})
	close(stop)
	group.Wait()
}

func heapDump() {
	f, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	debug.WriteHeapDump(f.Fd())
}

// busy works and rests.
func busy(stop <-chan struct{}) {
	for {
		for end := time.Now().Add(100 * time.Microsecond); time.Now().Before(end); {
		}
		select {
		case <-stop:
			return
		case <-time.After(50 * time.Microsecond):
		}
	}
}
