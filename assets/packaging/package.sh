#!/usr/bin/env bash
# Builds the packages for this machine: package.sh [deb] [tar] [wheel] [crates]; all of them without a word.
# They lie in target/packages afterwards. README.md beside this file says what each needs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."

wanted=("$@")
if [ ${#wanted[@]} -eq 0 ]; then wanted=(deb tar wheel crates); fi
target=${CARGO_TARGET_DIR:-target}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
# What cargo-deb takes along is named relative to the repository.
parts=target/package-parts
out=target/packages
mkdir -p "$parts/man" "$parts/completions" "$out"

wants() { [[ " ${wanted[*]} " == *" $1 "* ]]; }

if wants deb || wants tar || wants wheel; then
    cargo build --profile dist --locked -p tracelane
    binary=$target/dist/tracelane
    "$here/parts.sh" "$binary" "$parts"
    python3 "$here/licences.py" > "$parts/THIRD-PARTY-LICENCES.txt"
fi

if wants deb; then
    cargo deb --profile dist --no-build --no-strip -p tracelane --output "$out/"
fi

if wants tar; then
    name=tracelane-$version-$(uname -s | tr '[:upper:]' '[:lower:]')-$(uname -m)
    tree=$parts/$name
    rm -rf "$tree"
    mkdir -p "$tree"
    install -m755 "$binary" "$here/install.sh" "$tree/"
    cp -R "$parts/man" "$parts/completions" "$parts/THIRD-PARTY-LICENCES.txt" assets/linux assets/icons "$tree/"
    cp LICENSE-MIT LICENSE-APACHE README.md CHANGELOG.md "$tree/"
    tar -C "$parts" --owner=0 --group=0 -cJf "$out/$name.tar.xz" "$name"
fi

if wants wheel; then
    python3 "$here/wheel.py" --binary "$binary" --version "$version" --licences "$parts/THIRD-PARTY-LICENCES.txt" --out "$out"
fi

if wants crates; then
    python3 "$here/crates.py" "$parts/crates"
    # Without compiling them once more: their sources are those that have just been compiled.
    (cd "$parts/crates" && CARGO_TARGET_DIR=target cargo package --workspace --no-verify --allow-dirty)
    cp "$parts"/crates/target/package/*.crate "$out/"
fi

ls -l "$out"
