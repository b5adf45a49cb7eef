#!/usr/bin/env bash
# Makes the pictures of the README anew, from the sample trace:
#
#   screenshots/make.sh
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release
tracelane=${CARGO_TARGET_DIR:-target}/release/tracelane
sample=assets/sample.trace

shoot() {
	local name=$1
	shift
	"$tracelane" screenshot "$@" -o "screenshots/$name.png"
	echo "screenshots/$name.png"
}

shoot welcome --welcome --size 1280x800
shoot timeline "$sample" --size 1440x900
shoot story "$sample" --size 1440x900 --range 145ms.. --select g13@261.79ms
shoot story-light "$sample" --size 1440x900 --theme light --range 145ms.. --select g13@261.79ms
shoot goroutine "$sample" --size 1440x900 --range 145ms.. --select g13
