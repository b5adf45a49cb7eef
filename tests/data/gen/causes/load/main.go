// load runs a server under load from outside of its process:
//
//	load [-clients 8] [-pause 2ms] [-path /] [-delay 5ms] PROGRAM [ARGUMENT...]
//
// It gives the program a free address to listen on (LISTEN) and a backend to
// ask (BACKEND), passes its standard output on, and asks it until it ends.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"time"
)

func main() {
	clients := flag.Int("clients", 8, "clients that ask at once")
	pause := flag.Duration("pause", 2*time.Millisecond, "pause of a client between two requests")
	path := flag.String("path", "/?n=%d", "what to ask for")
	delay := flag.Duration("delay", 5*time.Millisecond, "how long the backend takes, unless asked with ?ms=")
	flag.Parse()
	backend, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go http.Serve(backend, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		took := *delay
		if ms, err := strconv.Atoi(r.URL.Query().Get("ms")); err == nil {
			took = time.Duration(ms) * time.Millisecond
		}
		time.Sleep(took)
		fmt.Fprintln(w, "done")
	}))
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	for range *clients {
		go func() {
			for {
				if r, err := http.Get("http://" + address + fmt.Sprintf(*path, rand.Intn(1000))); err == nil {
					io.Copy(io.Discard, r.Body)
					r.Body.Close()
				}
				time.Sleep(*pause/2 + time.Duration(rand.Int63n(int64(*pause))))
			}
		}()
	}
	program := exec.Command(flag.Arg(0), flag.Args()[1:]...)
	program.Env = append(os.Environ(), "LISTEN="+address, "BACKEND=http://"+backend.Addr().String())
	program.Stdout, program.Stderr = os.Stdout, os.Stderr
	if err := program.Run(); err != nil {
		log.Fatal(err)
	}
}
