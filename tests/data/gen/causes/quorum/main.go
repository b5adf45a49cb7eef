// quorum: all nodes are asked at once in rounds, one of five is slow; answers come over a channel.
package main

import (
	"bufio"
	"context"
	"fmt"
	"math/rand"
	"net"
	"os"
	"runtime/trace"
	"time"
)

type node struct {
	id int
	c  net.Conn
	r  *bufio.Reader
}

func (n *node) vote(ctx context.Context) int {
	fmt.Fprintln(n.c, "vote")
	n.r.ReadString('\n')
	return n.id
}

type cluster struct{ nodes []*node }

func (c *cluster) round(ctx context.Context) {
	ctx, t := trace.NewTask(ctx, "round")
	defer t.End()
	votes := make(chan int, len(c.nodes))
	for _, n := range c.nodes {
		go func() { votes <- n.vote(ctx) }()
	}
	for range c.nodes {
		<-votes
	}
}
func serve(l net.Listener) {
	for id := 0; ; id++ {
		c, err := l.Accept()
		if err != nil {
			return
		}
		d := time.Duration(1+rand.Intn(2)) * time.Millisecond
		if id == 3 {
			d = 19 * time.Millisecond
		}
		go func() {
			s := bufio.NewScanner(c)
			for s.Scan() {
				time.Sleep(d)
				fmt.Fprintln(c, "yes")
			}
		}()
	}
}
func main() {
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	go serve(l)
	c := &cluster{}
	for i := range 5 {
		k, _ := net.Dial("tcp", l.Addr().String())
		c.nodes = append(c.nodes, &node{i, k, bufio.NewReader(k)})
		time.Sleep(time.Millisecond)
	}
	trace.Start(os.Stdout)
	defer trace.Stop()
	for range 25 {
		c.round(context.Background())
		time.Sleep(2 * time.Millisecond)
	}
}
