#!/bin/sh
# Makes goroutines.txt: for some traces, what Go's own summarizer says each goroutine spent its time on.
# Usage: goroutines.sh GOROOT (Go 1.27), in this folder.
# Lines: "file NAME", then one a goroutine: id, total, execution, scheduler wait, system call, blocked in system
# call, then reason=nanoseconds (blanks as _); all nanoseconds.
set -eu
go=$1
export GOROOT="$go" GOTOOLCHAIN=local
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The package is internal to Go: a copy of it in a module of its own can be used.
mkdir -p "$work/internal"
cp -r "$go/src/internal/trace" "$work/internal/trace"
mkdir -p "$work/internal/txtar"
cp "$go"/src/internal/txtar/*.go "$work/internal/txtar/"
rm -rf "$work/internal/trace/traceviewer" "$work/internal/trace/testtrace" "$work/internal/trace/testdata" \
    "$work/internal/trace/internal/testgen"
find "$work" -name '*_test.go' -delete
grep -rl '"internal/' --include='*.go' "$work" | xargs sed -i -E 's#"internal/(trace|txtar)#"reference/internal/\1#'
printf 'module reference\n\ngo 1.27\n' >"$work/go.mod"
cp goroutines.go "$work/main.go"
(cd "$work" && "$go/bin/go" build -o goroutines .)
echo "# made by goroutines.sh" >goroutines.txt
for name in atstart-go1.27 cpuprofile-go1.26 flightwindow-go1.27 gc-4procs-go1.27 gc-go1.21 generations-go1.25 \
    guessnumber-bug-go1.27 httpserver-go1.21 httpserver-go1.23 httpserver-go1.27 iterpull-go1.27 \
    labels-4procs-go1.27 midgc-go1.22 oddstrings-go1.26 preempt-go1.22 preempt-go1.27 stopworld-go1.25 \
    sync-go1.21 sync-go1.22 sync-go1.27 sysio-go1.21 sysio-go1.22 sysio-go1.25 sysio-go1.27 tasks-go1.27 \
    workers-go1.21 workers-go1.22 workers-go1.24 workers-go1.27; do
    "$work/goroutines" "real/$name.trace" >>goroutines.txt
done
