#!/usr/bin/env bash
# Records the traces in ../real anew, all of them or those of the programs
# named as arguments:
#
#   GO_1_22=/path/to/go1.22 GO_1_27=/path/to/go1.27 gen/record.sh [PROGRAM...]
#
# GO_1_21 … GO_1_27 name the roots of Go distributions (the folders that hold
# bin/go). Traces of a release that is not named are left as they are.
#
# Every recording differs from the last one in times and numbers, and what the
# scheduler did. So after a recording, run ../reference/make.sh, and check that
# the new traces still show what ../README.md says of them.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
real=$here/../real
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
wanted=" $* "

# record NAME RELEASES PROGRAM [VARIABLE=VALUE...] [-FLAG...]
#
# Records ../real/NAME-goRELEASE.trace for each of the releases. The program is
# built with -trimpath, so that the trace holds no path of this machine, and as
# a module of that very release, so that it gets its defaults.
record() {
	local name=$1 releases=$2 program=$3
	shift 3
	[[ $wanted == "  " || $wanted == *" $program "* ]] || return 0
	local release root_variable root build out
	for release in $releases; do
		root_variable=GO_${release/./_}
		root=${!root_variable:-}
		[[ -n $root ]] || continue
		build=$work/$release
		out=$real/$name-go$release.trace
		if [[ ! -d $build ]]; then
			cp -r "$here" "$build"
			go "$root" "$build" mod edit -go="$release"
		fi
		go "$root" "$build" build -trimpath -o "$work/program" "./$program"
		echo "$(basename "$out")"
		run "$@" >"$out"
		if grep -qaF -e "$work" -e "$HOME/" -e "$root" "$out"; then
			echo "a path of this machine is in $out" >&2
			return 1
		fi
	done
}

# go ROOT FOLDER ARGUMENT... runs that distribution's go command there.
go() {
	local root=$1 folder=$2
	shift 2
	(cd "$folder" && GOROOT=$root GOTOOLCHAIN=local GOPROXY=off GOFLAGS=-mod=mod \
		CGO_ENABLED=0 "$root/bin/go" "$@")
}

# run [VARIABLE=VALUE...] [-FLAG...] runs the program built last.
run() {
	local environment=()
	while [[ ${1:-} == *=* && ${1:-} != -* ]]; do
		environment+=("$1")
		shift
	done
	# GOMAXPROCS is fixed, so that the traces do not depend on the machine.
	env GOMAXPROCS=2 "${environment[@]}" "$work/program" "$@"
}

mkdir -p "$real"
record empty "1.21 1.22 1.23 1.25 1.26 1.27" empty
record atstart "1.21 1.22 1.26 1.27" atstart
record workers "1.21 1.22 1.23 1.24 1.25 1.26 1.27" workers
record tasks "1.21 1.22 1.25 1.27" tasks
record httpserver "1.21 1.23 1.27" httpserver
record guessnumber-bug "1.25 1.26 1.27" guessnumber
record guessnumber-fixed "1.25 1.27" guessnumber -fixed
record sync "1.21 1.22 1.25 1.26 1.27" sync
record sysio "1.21 1.22 1.23 1.25 1.27" sysio
record gc "1.21 1.23 1.26 1.27" gc
record gc-4procs "1.22 1.27" gc GOMAXPROCS=4
record midgc "1.22 1.25 1.27" midgc
record labels "1.22 1.27" labels
record labels-4procs "1.23 1.27" labels GOMAXPROCS=4
record cpuprofile "1.21 1.23 1.26 1.27" cpuprofile
record iterpull "1.23 1.25 1.27" iterpull
record manygoroutines "1.22 1.27" manygoroutines
record oddstrings "1.21 1.22 1.26 1.27" oddstrings
record generations "1.22 1.23 1.25 1.26 1.27" generations GODEBUG=traceadvanceperiod=5000000
record flightwindow "1.25 1.26 1.27" flightwindow GODEBUG=traceadvanceperiod=5000000
record stopworld "1.21 1.22 1.25 1.27" stopworld
record preempt "1.22 1.26 1.27" preempt GOMAXPROCS=1
record allocfree "1.23 1.26 1.27" allocfree GODEBUG=traceallocfree=1
record badregions "1.21 1.23 1.26 1.27" badregions
