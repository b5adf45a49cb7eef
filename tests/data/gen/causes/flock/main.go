// flock has its workers lock a file in the file system for every entry: they
// wait for each other in system calls.
package main

import (
	"log"
	"os"
	"runtime/trace"
	"strings"
	"sync"
	"syscall"
	"time"
)

func withLock(path string, work func()) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		log.Fatal(err)
	}
	work()
}

func record(path string, entry int) {
	withLock(path, func() {
		time.Sleep(3 * time.Millisecond)
		_ = strings.Repeat("entry", entry)
	})
}

func main() {
	file, err := os.CreateTemp("", "flock")
	if err != nil {
		log.Fatal(err)
	}
	defer os.Remove(file.Name())
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	var done sync.WaitGroup
	for id := range 5 {
		done.Add(1)
		go func() {
			defer done.Done()
			for n := range 30 {
				record(file.Name(), id*n)
			}
		}()
	}
	done.Wait()
}
