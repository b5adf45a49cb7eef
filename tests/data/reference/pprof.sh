#!/bin/sh
# Makes pprof-totals.txt: for every trace that Go's tool reads, the totals of its four blocking profiles.
# Usage: pprof.sh GOROOT (Go 1.27), in this folder.
# Lines: kind, events, nanoseconds, file.
set -eu
go=$1
export GOROOT="$go" GOTOOLCHAIN=local TZ=UTC
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "# kind events nanoseconds file; made by pprof.sh" >pprof-totals.txt
grep -v '^#' parsed-digests.txt | while read -r _ _ status file; do
    [ "$status" = 0 ] || continue
    for kind in net sync syscall sched; do
        "$go/bin/go" tool trace -pprof=$kind "../$file" >"$work/profile" 2>"$work/errors" || continue
        "$go/bin/go" tool pprof -raw "$work/profile" 2>>"$work/errors" |
            awk -v kind=$kind -v file="$file" '
                /^Samples:/ { inside = 1; next }
                /^Locations/ { inside = 0 }
                inside && /^ *[0-9]+ +[0-9]+:/ { sub(":", "", $2); count += $1; nanos += $2 }
                END { printf "%s %.0f %.0f %s\n", kind, count, nanos, file }' >>pprof-totals.txt
    done
done
