// Package reqtrace writes HTTP requests into Go execution traces, so that the
// traces of several services can be read as one. It needs nothing but the
// standard library, and costs next to nothing while no trace is recorded.
//
//	http.ListenAndServe(":8080", reqtrace.Handler(mux))
//	client := &http.Client{Transport: reqtrace.Transport(nil)}
//
// [Handler] makes a task of every request and logs its method, its URL and the
// traceparent that came with it. [Transport] makes a task of every call, sends
// a traceparent along, and logs that: so both sides of a call have the same id.
// Pass the context of the request on to its calls:
//
//	req, err := http.NewRequestWithContext(r.Context(), "GET", url, nil)
//
// The format is that of https://www.w3.org/TR/trace-context, so services that
// use OpenTelemetry or others may stand in between.
package reqtrace

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"net/http"
	"runtime/trace"
	"strings"
	"sync"
)

// header is the name of the header, and of the log.
const header = "traceparent"

type key struct{}

// identity is what a request carries from service to service.
type identity struct {
	trace string // 32 hex digits
	flags string // 2 hex digits
}

// Handler returns a handler that makes a task of every request. Its type is the
// pattern that matched ("GET /price/{id}", Go 1.23), or else method and path.
// Put it around the innermost handler that should be measured.
func Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.Pattern
		if name == "" {
			name = r.Method + " " + r.URL.Path
		}
		ctx, task := trace.NewTask(r.Context(), name)
		defer task.End()
		received := r.Header.Get(header)
		id, ok := parse(received)
		if !ok {
			id = identity{trace: random(16), flags: "01"}
		}
		if trace.IsEnabled() {
			trace.Log(ctx, "method", r.Method)
			trace.Log(ctx, "url", r.URL.String())
			if ok {
				trace.Log(ctx, header, received)
			} else {
				trace.Log(ctx, "trace_id", id.trace)
			}
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(ctx, key{}, id)))
	})
}

// Transport returns a RoundTripper that makes a task of every call, which ends
// when the response's body has been read or closed, with a region for the time
// until the response's header came. A nil base is http.DefaultTransport.
func Transport(base http.RoundTripper) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	return transport{base}
}

type transport struct{ base http.RoundTripper }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, task := trace.NewTask(r.Context(), "call "+r.Method+" "+r.URL.Host)
	id, ok := ctx.Value(key{}).(identity)
	if !ok {
		id = identity{trace: random(16), flags: "01"}
	}
	sent := "00-" + id.trace + "-" + random(8) + "-" + id.flags
	if trace.IsEnabled() {
		trace.Log(ctx, header, sent)
		trace.Log(ctx, "url", r.URL.Redacted())
	}
	r = r.Clone(ctx)
	r.Header.Set(header, sent)
	region := trace.StartRegion(ctx, "http.RoundTrip")
	response, err := t.base.RoundTrip(r)
	region.End()
	if err != nil {
		task.End()
		return response, err
	}
	if response.Body == nil || response.Body == http.NoBody {
		task.End()
		return response, nil
	}
	response.Body = &body{ReadCloser: response.Body, task: task}
	// Who upgrades a connection writes to the body.
	if writer, ok := response.Body.(*body).ReadCloser.(io.Writer); ok {
		response.Body = &readWriteBody{response.Body.(*body), writer}
	}
	return response, nil
}

// body ends a task when it has been read or closed.
type body struct {
	io.ReadCloser
	task *trace.Task
	once sync.Once
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.once.Do(b.task.End)
	}
	return n, err
}

func (b *body) Close() error {
	b.once.Do(b.task.End)
	return b.ReadCloser.Close()
}

type readWriteBody struct {
	*body
	io.Writer
}

// parse reads a traceparent: version, trace id, parent id and flags, in small
// hex digits, with neither id all zeros.
func parse(s string) (identity, bool) {
	parts := strings.Split(s, "-")
	if len(parts) < 4 || len(parts[0]) != 2 || len(parts[1]) != 32 || len(parts[2]) != 16 || len(parts[3]) != 2 {
		return identity{}, false
	}
	if parts[0] == "ff" || parts[0] == "00" && len(parts) != 4 {
		return identity{}, false
	}
	for _, part := range parts[:4] {
		if strings.Trim(part, "0123456789abcdef") != "" {
			return identity{}, false
		}
	}
	if strings.Trim(parts[1], "0") == "" || strings.Trim(parts[2], "0") == "" {
		return identity{}, false
	}
	return identity{parts[1], parts[3]}, true
}

// random returns n random bytes in hex.
func random(n int) string {
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		panic(err)
	}
	b[0] |= 1 // never all zeros
	return hex.EncodeToString(b)
}
