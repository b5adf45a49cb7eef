#!/bin/sh
# Installs Tracelane from this folder: install.sh [PREFIX], for this user below ~/.local if no PREFIX is given.
# install.sh --uninstall [PREFIX] removes it again. Settings and the cache of traces stay.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
remove=false
if [ "${1:-}" = --uninstall ]; then
    remove=true
    shift
fi
prefix=${1:-$HOME/.local}
share=$prefix/share

# put FILE PLACE [MODE]: PLACE is below the prefix.
put() {
    if $remove; then
        rm -f "$prefix/$2"
    else
        mkdir -p "$prefix/$(dirname "$2")"
        cp "$here/$1" "$prefix/$2"
        chmod "${3:-644}" "$prefix/$2"
    fi
}

put tracelane bin/tracelane 755
put linux/tracelane.desktop share/applications/tracelane.desktop
# A desktop's session may not look for programs below the prefix.
if ! $remove; then
    desktop=$share/applications/tracelane.desktop
    sed "s|^Exec=tracelane|Exec=\"$prefix/bin/tracelane\"|; s|^TryExec=.*|TryExec=$prefix/bin/tracelane|" \
        "$here/linux/tracelane.desktop" > "$desktop"
fi
put linux/tracelane-mime.xml share/mime/packages/tracelane.xml
put linux/io.github.tracelane.Tracelane.metainfo.xml share/metainfo/io.github.tracelane.Tracelane.metainfo.xml
put icons/tracelane.svg share/icons/hicolor/scalable/apps/tracelane.svg
for size in "$here"/icons/hicolor/*; do
    size=$(basename "$size")
    put "icons/hicolor/$size/tracelane.png" "share/icons/hicolor/$size/apps/tracelane.png"
done
for page in "$here"/man/*; do
    page=$(basename "$page")
    put "man/$page" "share/man/man1/$page"
done
put completions/tracelane.bash share/bash-completion/completions/tracelane
put completions/_tracelane share/zsh/site-functions/_tracelane
put completions/tracelane.fish share/fish/vendor_completions.d/tracelane.fish
put THIRD-PARTY-LICENCES.txt share/doc/tracelane/THIRD-PARTY-LICENCES.txt

if $remove; then rmdir "$share/doc/tracelane" 2> /dev/null || true; fi

# Where the desktop's tools are there, it learns of the file type at once.
if command -v update-mime-database > /dev/null && [ -d "$share/mime" ]; then update-mime-database "$share/mime"; fi
if command -v update-desktop-database > /dev/null && [ -d "$share/applications" ]; then
    update-desktop-database "$share/applications"
fi
if $remove; then echo "Tracelane is removed from $prefix"; else echo "Tracelane is installed: $prefix/bin/tracelane"; fi
