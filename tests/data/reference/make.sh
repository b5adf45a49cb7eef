#!/usr/bin/env bash
# Makes the reference files in this folder anew with Go's own trace tool:
#
#   GO_1_27=/path/to/go1.27 reference/make.sh
#
# parsed-digests.txt has a line for each trace in ../real and ../broken: the SHA-256
# and the length in bytes of what `TZ=UTC go tool trace -d=parsed FILE` prints to
# standard output, the command's exit status, the file, and the first line
# that it printed to standard error, if anything.
#
# For traces of before Go 1.22, Go's reader reports the goroutines that are
# runnable at the start in random order, one nanosecond apart. So their digests
# are of the output with these reports sorted by goroutine, and the times left
# in their places. A file for which that makes a difference has "varies" at the
# end of its line.
#
# NAME.parsed.txt is the whole output for a few small traces, so that a failing
# test can show a readable difference.
set -euo pipefail

: "${GO_1_27:?set it to the root of a Go 1.27 distribution}"
cd "$(dirname "${BASH_SOURCE[0]}")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

export GOROOT=$GO_1_27 GOTOOLCHAIN=local GOPROXY=off CGO_ENABLED=0 TZ=UTC
go=$GOROOT/bin/go
# The same command as `go tool trace`, built once.
"$go" build -o "$work/trace" cmd/trace

# parse FILE: the output goes to $work/out, the messages to $work/messages.
parse() {
	status=0
	"$work/trace" -d=parsed "$1" >"$work/out" 2>"$work/messages" || status=$?
}

digest() {
	sha256sum <"$work/out" | cut -d' ' -f1
}

# sort_start sorts the reports of runnable goroutines in $work/out.
sort_start() {
	python3 - "$work/out" <<'END'
import re, sys
text = open(sys.argv[1], "rb").read()
report = rb'M=-1 P=-1 G=-1 StateTransition Time=\d+ GoID=(\d+) Undetermined->Runnable Reason=""\n'
ids = iter(sorted(int(m[1]) for m in re.finditer(report, text)))
text = re.sub(report, lambda m: m[0].replace(b"GoID=" + m[1], b"GoID=%d" % next(ids)), text)
open(sys.argv[1], "wb").write(text)
END
}

{
	echo "# $("$go" version | cut -d' ' -f3): TZ=UTC go tool trace -d=parsed FILE; see make.sh"
	echo "# sha256 bytes status file message"
	for file in ../real/*.trace ../broken/*.trace; do
		parse "$file"
		note=
		case $(head -c 7 "$file" | tr -d '\0') in
		"go 1.11" | "go 1.19" | "go 1.21")
			raw=$(digest)
			sort_start
			sum=$(digest)
			for _ in 1 2 3 4; do
				parse "$file"
				[[ $(digest) == "$raw" ]] || note=varies
				sort_start
				if [[ $(digest) != "$sum" ]]; then
					echo "$file: the output varies in an unknown way" >&2
					exit 1
				fi
			done
			;;
		esac
		echo $(digest) $(stat -c %s "$work/out") $status "${file#../}" \
			"$(head -n 1 "$work/messages")" $note
	done
} | sed 's/ *$//' >parsed-digests.txt

for name in empty-go1.27 workers-go1.22 preempt-go1.27 iterpull-go1.23 workers-go1.21; do
	parse "../real/$name.trace"
	cp "$work/out" "$name.parsed.txt"
done
