#!/usr/bin/env bash
# Records the traces of BENCHMARKS.md and measures what loading them costs, beside Go's own reader:
#
#   GO=/path/to/go tests/data/gen/bench.sh [FOLDER] [SECONDS]
#
# GO names the root of a Go distribution (the folder that holds bin/go). The traces go to FOLDER (else to a temporary one,
# and away): stress.trace, of SECONDS (9) of gen/stress, and rpc.trace, of the benchmarks of net/rpc. Those that are there
# already are kept, so that two builds can be measured with the same ones. A quiet machine is needed, and 300 MB on disk.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${1:-}
seconds=${2:-9}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
folder=${folder:-$work}
mkdir -p "$folder"
export GOROOT=$GO GOTOOLCHAIN=local GOFLAGS=-mod=mod GOPROXY=off
go=$GO/bin/go

if [[ ! -e $folder/stress.trace ]]; then
	(cd "$here" && "$go" build -o "$work/stress" ./stress)
	"$work/stress" -seconds "$seconds" > "$folder/stress.trace"
fi
if [[ ! -e $folder/rpc.trace ]]; then
	(cd "$work" && GOFLAGS= "$go" test -run='^$' -bench=. -benchtime="${seconds}s" -trace="$folder/rpc.trace" net/rpc > /dev/null)
fi

# Go's reader may only be imported from inside of the standard library: there this file is put, as far as the build sees.
echo "{\"Replace\": {\"$GO/src/cmd/barereader/main.go\": \"$here/reader/main.go\"}}" > "$work/overlay.json"
(cd "$GO/src/cmd" && GOFLAGS= "$go" build -overlay "$work/overlay.json" -o "$work/barereader" cmd/barereader)

cargo bench --quiet -p trace-core --features testkit --bench load --no-run
for trace in stress rpc; do
	TRACELANE_BENCH_TRACE=$folder/$trace.trace cargo bench --quiet -p trace-core --features testkit --bench load
	for _ in 1 2 3; do "$work/barereader" "$folder/$trace.trace"; done
done
