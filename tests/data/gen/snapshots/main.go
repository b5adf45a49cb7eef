// Ten thousand small snapshots of twenty services, to measure lakes with.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/trace"
	"strconv"
	"sync"
	"time"
)

var mu sync.Mutex

func request(ctx context.Context, service int, slow bool) {
	ctx, task := trace.NewTask(ctx, fmt.Sprintf("request %d", service%3))
	defer task.End()
	trace.WithRegion(ctx, "query", func() {
		mu.Lock()
		defer mu.Unlock()
		if slow {
			time.Sleep(time.Duration(service+1) * 40 * time.Microsecond)
		} else {
			time.Sleep(20 * time.Microsecond)
		}
	})
}

func main() {
	count, _ := strconv.Atoi(os.Args[2])
	for n := range count {
		service := n % 20
		dir := filepath.Join(os.Args[1], fmt.Sprintf("service=svc%02d", service))
		os.MkdirAll(dir, 0o755)
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("%05d.trace", n)))
		if err != nil {
			panic(err)
		}
		trace.Start(f)
		var group sync.WaitGroup
		for i := range 12 {
			group.Go(func() { request(context.Background(), service, i%3 == 0) })
		}
		group.Wait()
		trace.Stop()
		f.Close()
	}
}
