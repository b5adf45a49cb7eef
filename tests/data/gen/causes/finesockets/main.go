// finesockets echoes lines over connections that live long; the other ends,
// which pause between lines, are in the same process.
package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"os"
	"runtime/trace"
	"strings"
	"sync"
	"time"
)

func echo(conn net.Conn) {
	defer conn.Close()
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		fmt.Fprintln(conn, strings.ToUpper(lines.Text()))
	}
}

func accept(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go echo(conn)
	}
}

func talk(address string, lines int) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	answers := bufio.NewReader(conn)
	for n := range lines {
		fmt.Fprintln(conn, "line", n)
		if _, err := answers.ReadString('\n'); err != nil {
			log.Fatal(err)
		}
		time.Sleep(3 * time.Millisecond)
	}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go accept(listener)
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()
	var all sync.WaitGroup
	for range 10 {
		all.Add(1)
		go func() {
			defer all.Done()
			talk(listener.Addr().String(), 80)
		}()
	}
	all.Wait()
}
