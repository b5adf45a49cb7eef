#!/usr/bin/env bash
# Has the program write its manual pages and completion scripts: parts.sh PROGRAM FOLDER.
set -euo pipefail
program=$1
out=$2
mkdir -p "$out/man" "$out/completions"
"$program" man > "$out/man/tracelane.1"
# The first page names those of the commands.
sed -n 's/^tracelane\\-\(.*\)(1)$/\1/p' "$out/man/tracelane.1" | while read -r command; do
    "$program" man "${command//\\/}" > "$out/man/tracelane-${command//\\/}.1"
done
"$program" completions bash > "$out/completions/tracelane.bash"
"$program" completions zsh > "$out/completions/_tracelane"
"$program" completions fish > "$out/completions/tracelane.fish"
gzip -9nf "$out"/man/*.1
