#!/usr/bin/env bash
# Records the sessions in ../../sessions anew:
#
#   GO_1_23=/path/to/go1.23 GO_1_25=/path/to/go1.25 GO_1_27=/path/to/go1.27 gen/shop/record.sh
#
# Each is a zip of the traces of three services and, where a style needs them,
# of their spans. The services listen on loopback; see main.go for what they do.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$here/../../sessions"
cp "$here/main.go" "$work/"
printf 'module fixtures\n\ngo 1.22\n' >"$work/go.mod"

# record RELEASE STYLE CAUSE MEMBER...
record() {
	local release=$1 style=$2 cause=$3
	shift 3
	local variable=GO_${release/./_} count=30
	[[ $release != 1.23 ]] || count=40
	local root=${!variable:-}
	[[ -n $root ]] || return 0
	(cd "$work" && GOROOT=$root GOTOOLCHAIN=local GOPROXY=off GOFLAGS=-mod=mod CGO_ENABLED=0 \
		"$root/bin/go" build -trimpath -o shop .)
	mkdir -p "$work/out"
	GOMAXPROCS=2 "$work/shop" -style "$style" -cause "$cause" -n "$count" -o "$work/out"
	local zip=$here/../../sessions/$style-$cause-go$release.zip
	rm -f "$zip"
	(cd "$work/out" && python3 -m zipfile -c "$zip" "$@")
	rm -r "$work/out"
	ls -l "$zip"
}

traces=(frontend.trace backend.trace store.trace)
# Before Go 1.25 traces have no readings of clocks.
record 1.23 traceparent lock "${traces[@]}"
record 1.27 traceparent lock "${traces[@]}"
record 1.25 traceparent retry "${traces[@]}"
record 1.27 otel slow "${traces[@]}" spans.jsonl
record 1.25 datadog lock "${traces[@]}" spans.jsonl
record 1.27 datadog pool "${traces[@]}" spans.jsonl
