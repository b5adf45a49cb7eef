// inventory: the supplier is asked with the stock locked; fields embedded, unlock by defer in a closure.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type inventory struct {
	sync.Mutex
	stock map[string]int
}

func confirm(ctx context.Context, n string) error {
	ctx, c := context.WithTimeout(ctx, 200*time.Millisecond)
	defer c()
	req, _ := http.NewRequestWithContext(ctx, http.MethodPost, os.Getenv("BACKEND")+"?ms=5", nil)
	r, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	r.Body.Close()
	if r.StatusCode != 200 {
		return errors.New("no")
	}
	return nil
}
func (v *inventory) reserve(ctx context.Context, n string) (left int, err error) {
	v.Lock()
	defer func() {
		if err == nil {
			left = v.stock[n]
		}
		v.Unlock()
	}()
	if err = confirm(ctx, n); err != nil {
		return
	}
	v.stock[n]--
	return
}
func (v *inventory) peek(n string) int { v.Lock(); defer v.Unlock(); return v.stock[n] }
func main() {
	v := &inventory{stock: map[string]int{}}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		n := r.FormValue("n")
		if len(n) > 2 {
			left, _ := v.reserve(r.Context(), n)
			fmt.Fprint(w, left)
		} else {
			fmt.Fprint(w, v.peek(n))
		}
	})
	go http.ListenAndServe(os.Getenv("LISTEN"), nil)
	time.Sleep(200 * time.Millisecond)
	trace.Start(os.Stdout)
	time.Sleep(600 * time.Millisecond)
	trace.Stop()
}
