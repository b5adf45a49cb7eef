package reqtrace

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime/trace"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	const good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	if id, ok := parse(good); !ok || id.trace != "4bf92f3577b34da6a3ce929d0e0e4736" || id.flags != "01" {
		t.Errorf("parse(%q) = %v, %v", good, id, ok)
	}
	if _, ok := parse(strings.Replace(good, "00-4b", "01-4b", 1) + "-more"); !ok {
		t.Error("later versions may have more")
	}
	for _, bad := range []string{
		"", good + "-more", strings.ToUpper(good), "ff" + good[2:], good[:len(good)-1],
		"00-00000000000000000000000000000000-00f067aa0ba902b7-01",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
	} {
		if _, ok := parse(bad); ok {
			t.Errorf("parse(%q) is accepted", bad)
		}
	}
}

// Both sides of a call log the same traceparent, and calls keep the trace.
func TestPropagation(t *testing.T) {
	var seen []string
	backend := httptest.NewServer(Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("traceparent"))
		io.WriteString(w, "ok")
	})))
	defer backend.Close()
	client := &http.Client{Transport: Transport(nil)}
	frontend := httptest.NewServer(Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for range 2 {
			request, _ := http.NewRequestWithContext(r.Context(), "GET", backend.URL, nil)
			response, err := client.Do(request)
			if err != nil {
				t.Error(err)
				return
			}
			io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
	})))
	defer frontend.Close()
	var recorded bytes.Buffer
	if err := trace.Start(&recorded); err != nil {
		t.Fatal(err)
	}
	response, err := http.Get(frontend.URL)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	trace.Stop()
	if len(seen) != 2 || seen[0] == seen[1] || seen[0][:36] != seen[1][:36] {
		t.Fatalf("the backend saw %q", seen)
	}
	for _, sent := range seen {
		if _, ok := parse(sent); !ok || !bytes.Contains(recorded.Bytes(), []byte(sent)) {
			t.Errorf("%q is no traceparent, or not in the trace", sent)
		}
	}
}

func TestErrorsEndTasks(t *testing.T) {
	request, _ := http.NewRequestWithContext(context.Background(), "GET", "http://127.0.0.1:1/", nil)
	if _, err := (&http.Client{Transport: Transport(nil)}).Do(request); err == nil {
		t.Error("nothing listens there")
	}
}
