// finecron runs tasks when their time comes; each has a deadline that it
// keeps, and the results are collected.
package main

import (
	"context"
	"hash/crc32"
	"log"
	"os"
	"runtime/trace"
	"time"
)

func sum(size int) uint32 { return crc32.ChecksumIEEE(make([]byte, size)) }

func task(ctx context.Context, size int) (uint32, error) {
	ctx, traced := trace.NewTask(ctx, "job")
	defer traced.End()
	result := make(chan uint32, 1)
	go func() { result <- sum(size) }()
	select {
	case sum := <-result:
		return sum, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func every(ctx context.Context, pause time.Duration, size int) {
	for {
		select {
		case <-time.After(pause):
			limited, cancel := context.WithTimeout(ctx, time.Second)
			if _, err := task(limited, size); err != nil {
				log.Print(err)
			}
			cancel()
		case <-ctx.Done():
			return
		}
	}
}

func main() {
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), 800*time.Millisecond)
	defer cancel()
	for n := range 8 {
		go every(ctx, time.Duration(5+3*n)*time.Millisecond, 50_000*(n+1))
	}
	<-ctx.Done()
}
