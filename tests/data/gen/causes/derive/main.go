// derive logs users in: every request derives a key with many rounds of
// hashing, and there are more requests than processors.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"log"
	"net/http"
	"os"
	"runtime/trace"
	"time"
)

func derive(password string, rounds int) []byte {
	mac := hmac.New(sha256.New, []byte(password))
	key := []byte("salt")
	for range rounds {
		mac.Reset()
		mac.Write(key)
		key = mac.Sum(key[:0])
	}
	return key
}

type users struct{ rounds int }

func (u *users) login(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "%x\n", derive(r.URL.Query().Get("n"), u.rounds))
}

func main() {
	u := &users{rounds: 30_000}
	http.HandleFunc("/", u.login)
	go func() { log.Fatal(http.ListenAndServe(os.Getenv("LISTEN"), nil)) }()
	time.Sleep(250 * time.Millisecond)
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	time.Sleep(800 * time.Millisecond)
	trace.Stop()
}
