// A shop of three services that call each other over loopback: frontend →
// backend → store. The program runs as all of them: without -role it starts
// the others, sends requests to the frontend and has each record a trace.
//
//	shop -style traceparent -cause lock -n 30 -o FOLDER
//
// -style says what the services write into their traces:
//
//	traceparent  a task per request and per call, with the traceparent logged
//	otel         the same tasks without ids, as the OpenTelemetry SDK makes them
//	datadog      the same tasks, each with its span's id in 8 raw bytes
//	none         nothing: no task, no region, no id
//
// Every span also logs "truth": its id and its parent's, which nobody but the
// tests reads. Spans go to FOLDER/spans.jsonl (OTLP).
//
// -cause plants one: lock (a goroutine of the backend holds a mutex), slow (the
// store sleeps), retry (the frontend gives up on the backend and asks again),
// pool (one connection to the backend for all), none. With -services 2 there is
// no store: what it does, the backend does.
package main

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/trace"
	"strconv"
	"strings"
	"sync"
	"time"
)

var (
	role  = flag.String("role", "", "frontend, backend or store")
	style = flag.String("style", "traceparent", "traceparent, otel, datadog or none")
	cause = flag.String("cause", "none", "lock, slow, retry, pool or none")
	count = flag.Int("n", 30, "requests")
	width = flag.Int("c", 4, "requests at a time")
	out   = flag.String("o", ".", "folder for traces and spans")
	next  = flag.String("next", "", "address of the service to call")
	parts = flag.Int("services", 3, "services: 2 or 3")
)

func main() {
	flag.Parse()
	if *role == "" {
		drive()
		return
	}
	serve()
}

// drive starts the services, sends the requests, and has traces recorded.
func drive() {
	var addresses []string
	next := ""
	names := []string{"store", "backend", "frontend"}[3-*parts:]
	for _, name := range names {
		command := exec.Command(os.Args[0], "-role", name, "-style", *style, "-cause", *cause, "-o", *out, "-next", next)
		command.Stderr = os.Stderr
		stdout, err := command.StdoutPipe()
		check(err)
		check(command.Start())
		defer command.Wait()
		var address string
		_, err = fmt.Fscanln(stdout, &address)
		check(err)
		next = "http://" + address
		addresses = append(addresses, next)
	}
	for _, address := range addresses {
		get(address + "/start")
	}
	var clients sync.WaitGroup
	work := make(chan int)
	for range *width {
		clients.Add(1)
		go func() {
			defer clients.Done()
			for i := range work {
				get(next + "/buy?item=" + strconv.Itoa(i))
				time.Sleep(time.Duration(rand.Intn(5)) * time.Millisecond)
			}
		}()
	}
	for i := range *count {
		work <- i
	}
	close(work)
	clients.Wait()
	time.Sleep(20 * time.Millisecond)
	for _, address := range addresses {
		get(address + "/stop")
	}
	var all []byte
	for _, name := range names {
		path := filepath.Join(*out, name+".jsonl")
		lines, err := os.ReadFile(path)
		check(err)
		all = append(all, lines...)
		check(os.Remove(path))
	}
	check(os.WriteFile(filepath.Join(*out, "spans.jsonl"), all, 0o644))
}

func get(url string) {
	response, err := http.Get(url)
	check(err)
	io.Copy(io.Discard, response.Body)
	response.Body.Close()
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// serve is one of the services.
func serve() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	mux := http.NewServeMux()
	file, err := os.Create(filepath.Join(*out, *role+".trace"))
	check(err)
	mux.HandleFunc("/start", func(w http.ResponseWriter, r *http.Request) { check(trace.Start(file)) })
	stopped := make(chan bool)
	mux.HandleFunc("/stop", func(w http.ResponseWriter, r *http.Request) {
		trace.Stop()
		check(file.Close())
		writeSpans()
		close(stopped)
	})
	handlers := map[string]map[string]http.HandlerFunc{
		"frontend": {"/buy": buy},
		"backend":  {"/price": price},
		"store":    {"/stock": stock},
	}
	for path, handler := range handlers[*role] {
		mux.Handle(path, traced("GET "+path, handler))
	}
	if *role == "backend" && *cause == "lock" {
		go refreshPrices()
	}
	server := &http.Server{Handler: mux}
	go server.Serve(listener)
	fmt.Println(listener.Addr())
	<-stopped
	server.Shutdown(context.Background())
}

// buy asks the backend for a price, again if it takes too long.
func buy(w http.ResponseWriter, r *http.Request) {
	time.Sleep(time.Duration(200+rand.Intn(400)) * time.Microsecond)
	for try := 0; ; try++ {
		ctx, cancel := r.Context(), context.CancelFunc(func() {})
		if *cause == "retry" && try < 2 {
			ctx, cancel = context.WithTimeout(ctx, 8*time.Millisecond)
		}
		err := call(ctx, *next+"/price")
		cancel()
		if err == nil {
			break
		}
	}
	fmt.Fprintln(w, "bought")
}

var prices sync.Mutex

// refreshPrices holds the lock for long, again and again.
func refreshPrices() {
	for {
		prices.Lock()
		time.Sleep(25 * time.Millisecond)
		prices.Unlock()
		time.Sleep(15 * time.Millisecond)
	}
}

func lookUpPrice() {
	prices.Lock()
	defer prices.Unlock()
	time.Sleep(300 * time.Microsecond)
}

var served int64
var servedLock sync.Mutex

// price looks a price up and asks the store whether there is any.
func price(w http.ResponseWriter, r *http.Request) {
	lookUpPrice()
	servedLock.Lock()
	served++
	turn := served
	servedLock.Unlock()
	if *cause == "retry" && turn%3 != 0 {
		recalculate()
	}
	if *next == "" {
		stock(w, r)
		return
	}
	if err := call(r.Context(), *next+"/stock"); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	fmt.Fprintln(w, "9.99")
}

// recalculate takes longer than the frontend waits.
func recalculate() { time.Sleep(20 * time.Millisecond) }

// stock is slow now and then.
func stock(w http.ResponseWriter, r *http.Request) {
	time.Sleep(500 * time.Microsecond)
	if *cause == "slow" {
		slowQuery()
	}
	if *cause == "pool" {
		time.Sleep(4 * time.Millisecond)
	}
	fmt.Fprintln(w, "7")
}

func slowQuery() { time.Sleep(18 * time.Millisecond) }

// A span is what a service knows of a request or a call.
type span struct {
	TraceID, SpanID, Parent string
	Name                    string
	Kind                    int
	Start, End              time.Time
	Failed                  bool
}

type spanKey struct{}

var (
	spans     []span
	spansLock sync.Mutex
)

// begin makes a span and its task, as the style has it. OpenTelemetry takes the
// time first and makes the task then; the others do it the other way round.
func begin(ctx context.Context, name string, kind int, traceID, parent string) (context.Context, *span, func(bool)) {
	s := &span{TraceID: traceID, SpanID: fmt.Sprintf("%016x", rand.Uint64()|1), Parent: parent, Name: name, Kind: kind}
	s.Start = time.Now()
	end := func() {}
	if *style != "none" {
		var task *trace.Task
		ctx, task = trace.NewTask(ctx, name)
		end = task.End
	}
	trace.Log(ctx, "truth", s.SpanID+" "+cmp.Or(s.Parent, "0"))
	if *style == "datadog" {
		id, _ := strconv.ParseUint(s.SpanID, 16, 64)
		trace.Log(ctx, "datadog.uint64_span_id", string(binary.LittleEndian.AppendUint64(nil, id)))
	}
	return context.WithValue(ctx, spanKey{}, s), s, func(failed bool) {
		s.End = time.Now()
		s.Failed = failed
		end()
		spansLock.Lock()
		spans = append(spans, *s)
		spansLock.Unlock()
	}
}

// traced makes a span of every request.
func traced(name string, handler http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		received := r.Header.Get("traceparent")
		traceID, parent := fmt.Sprintf("%016x%016x", rand.Uint64(), rand.Uint64()|1), ""
		if parts := strings.Split(received, "-"); len(parts) == 4 {
			traceID, parent = parts[1], parts[2]
		}
		ctx, _, end := begin(r.Context(), name, 2, traceID, parent)
		if *style == "traceparent" {
			if received != "" {
				trace.Log(ctx, "traceparent", received)
			} else {
				trace.Log(ctx, "trace_id", traceID)
			}
		}
		handler(w, r.WithContext(ctx))
		end(false)
	})
}

var client = sync.OnceValue(func() *http.Client {
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	if *cause == "pool" && *role == "frontend" {
		transport.MaxConnsPerHost = 1
	}
	return &http.Client{Transport: transport}
})

// call makes a span of a call.
func call(ctx context.Context, url string) error {
	around := ctx.Value(spanKey{}).(*span)
	ctx, s, end := begin(ctx, "HTTP GET", 3, around.TraceID, around.SpanID)
	sent := "00-" + s.TraceID + "-" + s.SpanID + "-01"
	if *style == "traceparent" {
		trace.Log(ctx, "traceparent", sent)
	}
	err := fetch(ctx, url, sent)
	end(err != nil)
	return err
}

func fetch(ctx context.Context, url, traceparent string) error {
	request, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		return err
	}
	request.Header.Set("traceparent", traceparent)
	response, err := client().Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

// writeSpans writes what was collected as OTLP in JSON, one line.
func writeSpans() {
	type attribute = map[string]any
	text := func(key, value string) attribute {
		return attribute{"key": key, "value": map[string]any{"stringValue": value}}
	}
	spansLock.Lock()
	defer spansLock.Unlock()
	var list []map[string]any
	for _, s := range spans {
		status := map[string]any{}
		if s.Failed {
			status["code"] = 2
		}
		list = append(list, map[string]any{
			"traceId": s.TraceID, "spanId": s.SpanID, "parentSpanId": s.Parent, "name": s.Name, "kind": s.Kind,
			"startTimeUnixNano": strconv.FormatInt(s.Start.UnixNano(), 10),
			"endTimeUnixNano":   strconv.FormatInt(s.Start.UnixNano()+s.End.Sub(s.Start).Nanoseconds(), 10),
			"status":            status,
		})
	}
	line, err := json.Marshal(map[string]any{"resourceSpans": []any{map[string]any{
		"resource":   map[string]any{"attributes": []attribute{text("service.name", *role), text("host.name", "example")}},
		"scopeSpans": []any{map[string]any{"scope": map[string]any{"name": "shop"}, "spans": list}},
	}}})
	check(err)
	check(os.WriteFile(filepath.Join(*out, *role+".jsonl"), append(line, '\n'), 0o644))
}
