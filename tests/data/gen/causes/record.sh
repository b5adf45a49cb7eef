#!/usr/bin/env bash
# Records the traces in ../../causes anew, all of them or those named:
#
#   GO_1_27=/path/to/go1.27 … gen/causes/record.sh [NAME...]
#
# GO_1_22 … GO_1_27 name the roots of Go distributions. What a trace is meant to
# show is in ../../causes/truth.json; servers are asked from outside, by load.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$here/../../causes
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
wanted=" $* "

# go RELEASE ARGUMENT... runs that distribution's go command on the programs.
go() {
	local release=$1 root_variable=GO_${1/./_}
	shift
	local root=${!root_variable}
	if [[ ! -d $work/$release ]]; then
		cp -r "$here/.." "$work/$release"
		go "$release" mod edit -go="$release"
	fi
	(cd "$work/$release" && GOROOT=$root GOTOOLCHAIN=local GOPROXY=off GOFLAGS=-mod=mod \
		CGO_ENABLED=0 "$root/bin/go" "$@")
}

# record NAME RELEASE PROCS [LOAD-FLAG...]   (a server, if there are flags; "-" for none)
record() {
	local name=$1 release=$2 procs=$3 root_variable=GO_${2/./_}
	shift 3
	[[ $wanted == "  " || $wanted == *" $name "* ]] || return 0
	[[ -n ${!root_variable:-} ]] || return 0
	echo "$name"
	go "$release" build -trimpath -o "$work/$name" "./causes/$name"
	local command=("$work/$name")
	if (($# > 0)); then
		go "$release" build -o "$work/load" ./causes/load
		[[ $1 == - ]] && shift
		command=("$work/load" "$@" "$work/$name")
	fi
	GOMAXPROCS=$procs "${command[@]}" 2>"$work/errors" | zstd -q -19 -f -o "$out/$name.trace.zst"
	grep -v '^signal' "$work/errors" || true
}

mkdir -p "$out"
record tally 1.22 4
record auction 1.27 2 -clients 12
record turnstile 1.25 4
record quota 1.23 2
record hub 1.26 2
record journalled 1.27 2
record prices 1.24 4
record routes 1.25 2
record lookup 1.27 2 -clients 10
record watch 1.25 2
record render 1.26 4
record trim 1.24 4
record heartbeat 1.27 2
record importer 1.26 2 -clients 6
record archive 1.23 2 -clients 6
record flock 1.27 4
record ingest 1.22 4
record audit 1.27 2 -clients 12
record actor 1.25 4 -clients 16
record mosaic 1.25 6
record shards 1.24 4
record dashboard 1.26 2 -clients 5
record crawler 1.27 2
record gauge 1.24 4
record stacks 1.26 2
record lease 1.23 2
record pollresult 1.27 2 -clients 8
record dbpool 1.26 2 -clients 16
record fetchlimit 1.25 2
record limiter 1.22 2
record phases 1.27 2
record mapreduce 1.23 4
record tint 1.27 2
record lineitems 1.26 2 -clients 4
record derive 1.27 2 -clients 8 -pause 1ms
record corpus 1.26 4 -clients 1
record mixed 1.27 2 -clients 12
record fineweb 1.25 2
record fineidle 1.27 2
record finering 1.24 2
record finebatch 1.26 2
record finesort 1.23 4
record finepollers 1.27 2
record finepool 1.26 2 -clients 10
record finesockets 1.22 2
record finecron 1.27 2
record finefront 1.25 2 -clients 8
record finepaced 1.26 2
record sessions 1.26 4 -clients 14 -pause 1ms
record counters 1.24 4
record vault 1.27 4
record walletd 1.25 2 -clients 10
record logsink 1.23 2
record mailbox 1.22 4
record catalog 1.27 4
record toggles 1.25 2 -clients 8 -pause 4ms
record search 1.26 2 -clients 6 -pause 8ms
record keepalive 1.27 2
record uploads 1.24 2
record enrich 1.25 4 -clients 6
record frames 1.23 2
record video 1.27 2 -clients 4 -pause 5ms
record rpcmix 1.24 2
record gldraw 1.26 4
record gallery 1.22 2 -clients 6
record spool 1.27 4
record hooks 1.25 2 -clients 3 -pause 6ms
record metrics 1.27 4 -clients 16 -pause 1ms
record stages 1.23 4
record mandel 1.24 8
record etl 1.26 2
record fanout 1.27 2 -clients 3 -pause 6ms
record epochs 1.25 4
record profile 1.26 2 -clients 5 -pause 5ms
record warmup 1.24 2 -clients 0
record notify 1.22 4 -clients 0
record memstats 1.26 4 -clients 8 -pause 1ms
record debugz 1.27 2 -clients 4
record waitfile 1.26 2
record flagpoll 1.23 2 -clients 6 -pause 3ms
record pollqueue 1.25 4 -clients 6 -pause 2ms
record genpool 1.27 2 -clients 18 -pause 1ms
record maxconns 1.26 2 -clients 14 -pause 1ms
record egroup 1.25 2
record mergesort 1.24 4
record logasync 1.27 2 -clients 6
record stretch 1.26 2 -clients 8 -pause 1ms
record mixmedia 1.25 4 -clients 10
record mixapi 1.24 2 -clients 6 -pause 4ms
record okpool 1.26 4
record okidle 1.27 2 -clients 3 -pause 120ms
record oktick 1.24 2
record okpipe 1.25 4
record okcli 1.23 2
record oksite 1.27 4
record okgc 1.25 2 -clients 5 -pause 4ms
record okbound 1.26 4
record okcache 1.22 2 -clients 8 -pause 3ms
record oktwo 1.27 2 -clients 6 -pause 6ms
record okstream 1.24 2
record okretry 1.25 2 -clients 4 -pause 10ms
record ledgerlock 1.26 4
record inventory 1.27 2 -clients 9
record configd 1.24 4
record sse 1.25 2
record tokenizer 1.22 4
record render3d 1.26 2 -clients 5 -pause 4ms
record audiolock 1.24 4
record kvsync 1.25 2 -clients 4
record mailer 1.27 2 -clients 10 -pause 2ms
record crunch 1.25 4
record quorum 1.26 2
record booking 1.25 2 -clients 5 -pause 6ms
record heapdump 1.27 4 -clients 6 -pause 2ms
record cronjob 1.24 2 -clients 5 -pause 5ms
record scanner 1.27 2
record sqlite 1.23 2 -clients 12 -pause 1ms
record pixels 1.25 4
record jsonapi 1.24 2 -clients 6 -pause 1ms
record okproxy 1.26 2 -clients 10 -pause 3ms
record okworkers 1.25 2
record okgame 1.27 4
record okimport 1.22 4
record okburst 1.27 2 -clients 20 -pause 40ms
record okflight 1.26 2 -clients 4 -pause 6ms
