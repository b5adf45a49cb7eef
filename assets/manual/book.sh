#!/usr/bin/env bash
# Makes web pages of the manual, with search, in target/manual: needs mdBook (cargo install mdbook) and nothing else.
# The pages are those of this folder, which the window shows, and those of docs.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=target/manual-source
rm -rf "$work"
mkdir -p "$work/src/docs"
cp -R screenshots "$work/src/"

title() { sed -n 's/^# //p' "$1" | head -1; }

{
    echo "# Summary"
    echo
    # In the order of the window.
    for page in start timeline selecting searching querying moments notes following comparing fleet; do
        echo "- [$(title "assets/manual/$page.md")]($page.md)"
    done
    echo
    echo "# In depth"
    echo
    for page in requests comparing handing-over query fleet mcp coming-from; do
        echo "- [$(title "docs/$page.md")](docs/$page.md)"
    done
} > "$work/src/SUMMARY.md"

# The window draws `key Ctrl+O` as a key; so do these pages.
for page in assets/manual/*.md; do
    sed 's|`key \([^`]*\)`|<kbd>\1</kbd>|g' "$page" > "$work/src/$(basename "$page")"
done
cp docs/*.md "$work/src/docs/"
# The first page begins with a picture.
{
    cat "$work/src/start.md"
    echo
    echo "![A flight-recorder snapshot: one goroutine made four requests runnable that had waited for it](screenshots/story.png)"
} > "$work/src/start.new"
mv "$work/src/start.new" "$work/src/start.md"

cat > "$work/book.toml" << 'TOML'
[book]
title = "Tracelane"
description = "The manual of Tracelane, an explorer for Go execution traces"
language = "en"

[build]
build-dir = "../manual"

[output.html]
default-theme = "light"
preferred-dark-theme = "navy"

[output.html.search]
limit-results = 20
TOML
mdbook build "$work"
echo "target/manual/index.html"
