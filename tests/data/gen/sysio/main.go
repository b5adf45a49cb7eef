// System calls and I/O: files, pipes, TCP, UDP and a Unix socket, goroutines
// locked to threads.
//
// Short system calls keep their processor; long ones (a blocking read of a
// pipe in blocking mode, a nanosleep) lose it to the background thread, come
// back and find it gone. Reads of sockets and pollable pipes park in the
// network poller instead. One goroutine sits in a system call from before the
// trace until after it.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"runtime"
	"runtime/trace"
	"sync"
	"syscall"
	"time"
)

func main() {
	started := make(chan struct{})
	go func() {
		close(started)
		nap(time.Second)
	}()
	<-started
	time.Sleep(time.Millisecond)

	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()

	ctx := context.Background()
	trace.WithRegion(ctx, "file", file)
	trace.WithRegion(ctx, "pollable pipe", pollablePipe)
	trace.WithRegion(ctx, "blocking pipe", blockingPipe)
	trace.WithRegion(ctx, "long calls", longCalls)
	trace.WithRegion(ctx, "locked threads", lockedThreads)
	trace.WithRegion(ctx, "tcp", func() { echo("tcp", "127.0.0.1:0") })
	trace.WithRegion(ctx, "unix", func() { echo("unix", "@tracelane-fixture") })
	trace.WithRegion(ctx, "udp", udp)
}

// file writes to a file and reads it back.
func file() {
	f, err := os.CreateTemp("", "fixture")
	if err != nil {
		log.Fatal(err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	for i := 0; i < 20; i++ {
		fmt.Fprintf(f, "line %d\n", i)
	}
	f.Sync()
	f.Seek(0, io.SeekStart)
	for lines := bufio.NewScanner(f); lines.Scan(); {
	}
}

// pollablePipe waits in the poller for the other end.
func pollablePipe() {
	r, w, err := os.Pipe()
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	go func() {
		defer w.Close()
		for i := 0; i < 3; i++ {
			time.Sleep(200 * time.Microsecond)
			fmt.Fprint(w, "tick")
		}
	}()
	io.Copy(io.Discard, r)
}

// blockingPipe waits in a system call for the other end.
func blockingPipe() {
	var fd [2]int
	if err := syscall.Pipe(fd[:]); err != nil {
		log.Fatal(err)
	}
	defer syscall.Close(fd[0])
	go func() {
		defer syscall.Close(fd[1])
		for i := 0; i < 3; i++ {
			time.Sleep(2 * time.Millisecond)
			syscall.Write(fd[1], []byte("tick"))
		}
	}()
	for buf := make([]byte, 8); ; {
		if n, err := syscall.Read(fd[0], buf); n == 0 || err != nil {
			return
		}
	}
}

// longCalls stays in more system calls at a time than there are processors.
func longCalls() {
	var group sync.WaitGroup
	for i := 0; i < 6; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for j := 0; j < 3; j++ {
				nap(500 * time.Microsecond)
			}
		}()
	}
	group.Wait()
}

// lockedThreads passes a token between goroutines that own their threads.
func lockedThreads() {
	ping, pong := make(chan int), make(chan int)
	go func() {
		runtime.LockOSThread()
		// The thread ends with its goroutine, as it is never unlocked.
		defer close(pong)
		for i := range ping {
			pong <- i
		}
	}()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for i := 0; i < 10; i++ {
		ping <- i
		<-pong
	}
	close(ping)
	<-pong
}

// echo talks to a server of the given network.
func echo(network, address string) {
	listener, err := net.Listen(network, address)
	if err != nil {
		log.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.Copy(c, c)
			}()
		}
	}()
	c, err := net.Dial(network, listener.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	answers := bufio.NewReader(c)
	for i := 0; i < 10; i++ {
		fmt.Fprintf(c, "hello %d\n", i)
		if _, err := answers.ReadString('\n'); err != nil {
			log.Fatal(err)
		}
	}
	c.SetReadDeadline(time.Now().Add(time.Millisecond))
	answers.ReadString('\n') // Nothing comes: the deadline wakes the reader.
}

// udp sends datagrams to itself.
func udp() {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	go func() {
		for i := 0; i < 5; i++ {
			time.Sleep(100 * time.Microsecond)
			c.WriteTo([]byte("datagram"), c.LocalAddr())
		}
	}()
	buf := make([]byte, 64)
	for i := 0; i < 5; i++ {
		c.ReadFrom(buf)
	}
}

// nap sleeps in the kernel, unlike time.Sleep.
func nap(d time.Duration) {
	t := syscall.NsecToTimespec(int64(d))
	syscall.Nanosleep(&t, nil)
}
