#!/usr/bin/env bash
# Makes the pictures of the README anew. They are drawn without a display: the window-*.png were taken
# from a real one.
#
#   screenshots/make.sh
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release --quiet
tracelane=${CARGO_TARGET_DIR:-target}/release/tracelane
sample=assets/sample.trace

shoot() {
	local name=$1
	shift
	"$tracelane" screenshot "$@" --force -o "screenshots/$name.png"
	echo "screenshots/$name.png"
}

shoot welcome --welcome --size 1280x800
shoot timeline "$sample" --size 1440x900
shoot story "$sample" --size 1440x1000 --range 261.74ms..261.83ms --select g13@261.79ms
shoot story-light "$sample" --size 1440x1000 --range 261.74ms..261.83ms --select g13@261.79ms --theme light
shoot goroutine "$sample" --size 1440x900 --range 145ms.. --select g13 --theme light
shoot regions tests/data/real/httpserver-go1.27.trace --size 1440x900
bug=tests/data/real/guessnumber-bug-go1.27.trace
shoot findings "$bug" --size 1440x900
shoot wait-chain "$bug" --size 1440x900 --select g380@200ms --panel wait-chain --theme light
shoot goroutines "$bug" --size 1440x900 --panel goroutines
shoot compare "$bug" --compare tests/data/real/guessnumber-fixed-go1.27.trace --size 1440x900 --row 1
shoot compare-series "$bug" --compare tests/data/real/guessnumber-fixed-go1.25.trace \
	--compare tests/data/real/guessnumber-fixed-go1.27.trace --size 1440x900 --panel series
shoot compare-flame "$bug" --compare tests/data/real/guessnumber-fixed-go1.27.trace --size 1440x900 \
	--panel difference-flame-graph --theme light
shoot flame tests/data/real/cpuprofile-go1.27.trace --size 1440x900 --panel cpu-samples
shoot session tests/data/sessions/traceparent-lock-go1.27.zip --size 1440x900 --request ca5f790515870ff4 --panel request
