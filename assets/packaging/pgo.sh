#!/usr/bin/env bash
# Builds the program with profile-guided optimisation: pgo.sh [TRACE...]
#
# Builds it once with counters, has it read the traces (large ones of the kind that matter; without any, those of the tests), and
# builds it again with what was counted. Needs `rustup component add llvm-tools` and twice the time of a build. PROFILE=release
# takes that profile in place of dist. The program is in target/pgo/PROFILE/tracelane afterwards.
set -euo pipefail
cd "$(dirname "$0")/../.."
profile=${PROFILE:-dist}
out=$PWD/target/pgo
traces=("$@")
if [ ${#traces[@]} -eq 0 ]; then traces=(tests/data/real/*.trace); fi
profdata=$(find "$(rustc --print sysroot)" -name llvm-profdata -type f | head -1)
if [ -z "$profdata" ]; then
    echo "pgo.sh: llvm-profdata is missing: rustup component add llvm-tools" >&2
    exit 1
fi

rm -rf "$out/counts" "$out/merged.profdata"
RUSTFLAGS="-Cprofile-generate=$out/counts" cargo build --profile "$profile" --locked -p tracelane --target-dir "$out/counting"
counting=$out/counting/$profile/tracelane
for trace in "${traces[@]}"; do
    # Each may say by its exit code that a trace is damaged, or that there is something to find.
    "$counting" stats --no-cache "$trace" > /dev/null || true
    "$counting" report "$trace" > /dev/null || true
    "$counting" blocked "$trace" > /dev/null || true
done
"$profdata" merge -o "$out/merged.profdata" "$out/counts"
RUSTFLAGS="-Cprofile-use=$out/merged.profdata" cargo build --profile "$profile" --locked -p tracelane --target-dir "$out"
ls -l "$out/$profile/tracelane"
