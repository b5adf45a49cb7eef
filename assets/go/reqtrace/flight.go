//go:build go1.25

package reqtrace

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime/trace"
	"sync"
	"time"
)

// A Trigger saves what a flight recorder holds when a request was slow.
//
//	trigger := &reqtrace.Trigger{Service: "frontend", Slow: 200 * time.Millisecond, Dir: "traces"}
//	if err := trigger.Start(); err != nil { … }
//	http.ListenAndServe(":8080", trigger.Handler(reqtrace.Handler(mux)))
//
// Fields must not change after Start.
type Trigger struct {
	Service   string        // part of the file's name
	Slow      time.Duration // a request that takes longer is slow
	Every     time.Duration // at most one snapshot in so long; 0: a minute
	Dir       string        // where snapshots go; "": the current directory
	Collector string        // if set, snapshots are PUT to this URL + "/" + name instead
	MinAge    time.Duration // how far back a snapshot should reach; 0: 10 s
	MaxBytes  uint64        // how large it may get; 0: 32 MB

	// Failed is called with what went wrong with a snapshot; nil: nothing is.
	Failed func(error)

	recorder *trace.FlightRecorder
	mu       sync.Mutex
	last     time.Time
}

// Start starts the flight recorder. Only one can be active in a process.
func (t *Trigger) Start() error {
	config := trace.FlightRecorderConfig{MinAge: t.MinAge, MaxBytes: t.MaxBytes}
	if config.MinAge == 0 {
		config.MinAge = 10 * time.Second
	}
	if config.MaxBytes == 0 {
		config.MaxBytes = 32 << 20
	}
	t.recorder = trace.NewFlightRecorder(config)
	return t.recorder.Start()
}

// Stop stops the flight recorder.
func (t *Trigger) Stop() { t.recorder.Stop() }

// Handler returns a handler that saves a snapshot after a slow request. The
// client does not wait for that.
func (t *Trigger) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		next.ServeHTTP(w, r)
		if time.Since(begin) >= t.Slow && t.isDue() {
			go t.save()
		}
	})
}

// isDue reports whether a snapshot may be saved now, and if so, says that one is.
func (t *Trigger) isDue() bool {
	every := t.Every
	if every == 0 {
		every = time.Minute
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if !t.last.IsZero() && now.Sub(t.last) < every {
		return false
	}
	t.last = now
	return true
}

func (t *Trigger) save() {
	if err := t.snapshot(); err != nil && t.Failed != nil {
		t.Failed(err)
	}
}

func (t *Trigger) snapshot() error {
	if t.recorder == nil || !t.recorder.Enabled() {
		return errors.New("reqtrace: the flight recorder has not been started")
	}
	var buffer bytes.Buffer
	if _, err := t.recorder.WriteTo(&buffer); err != nil {
		return err
	}
	name := fmt.Sprintf("%s-%s.trace", t.Service, time.Now().UTC().Format("20060102T150405.000Z"))
	if t.Collector == "" {
		return os.WriteFile(filepath.Join(t.Dir, name), buffer.Bytes(), 0o600)
	}
	request, err := http.NewRequest(http.MethodPut, t.Collector+"/"+name, &buffer)
	if err != nil {
		return err
	}
	client := &http.Client{Timeout: time.Minute}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	response.Body.Close()
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("reqtrace: the collector answered %s", response.Status)
	}
	return nil
}
