//go:build go1.25

package reqtrace

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

func wait(t *testing.T, what string, done func() bool) {
	t.Helper()
	for range 500 {
		if done() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("never:", what)
}

// Slow requests make one snapshot, others none.
func TestTrigger(t *testing.T) {
	dir := t.TempDir()
	trigger := &Trigger{Service: "front", Slow: 20 * time.Millisecond, Dir: dir, Failed: func(err error) { t.Error(err) }}
	if err := trigger.Start(); err != nil {
		t.Fatal(err)
	}
	defer trigger.Stop()
	handler := trigger.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			time.Sleep(25 * time.Millisecond)
		}
	}))
	get := func(path string) { handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path, nil)) }
	files := func() []os.DirEntry {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		return entries
	}
	get("/fast")
	if len(files()) != 0 {
		t.Error("a fast request made a snapshot")
	}
	get("/slow")
	get("/slow")
	wait(t, "a snapshot", func() bool {
		entries := files()
		if len(entries) == 0 {
			return false
		}
		info, err := entries[0].Info()
		return err == nil && info.Size() > 16
	})
	if entries := files(); len(entries) != 1 || !strings.HasPrefix(entries[0].Name(), "front-") {
		t.Errorf("there are %v", entries)
	}
}

func TestCollector(t *testing.T) {
	got := make(chan string, 1)
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- r.Method + " " + r.URL.Path + " " + string(body[:min(len(body), 5)])
	}))
	defer collector.Close()
	trigger := &Trigger{Service: "back", Slow: 0, Collector: collector.URL, Failed: func(err error) { t.Error(err) }}
	if err := trigger.Start(); err != nil {
		t.Fatal(err)
	}
	defer trigger.Stop()
	handler := trigger.Handler(http.NotFoundHandler())
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	select {
	case line := <-got:
		if !strings.HasPrefix(line, "PUT /back-") || !strings.HasSuffix(line, ".trace go 1.") {
			t.Error(line)
		}
	case <-time.After(10 * time.Second):
		t.Error("nothing was sent")
	}
}
