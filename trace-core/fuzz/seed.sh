#!/usr/bin/env bash
# Fills fuzz/corpus with the small traces of tests/data.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
data=../../tests/data
mkdir -p corpus/{packed,v1,v2,batches,text,model}
while read -r file; do
	name=$(basename "$file")
	cp "$file" "corpus/model/$name"
	# The targets put a header before what they get; the first byte of v2 and batches picks it.
	case $(head -c 7 "$file" | tr -d '\0') in
	"go 1.11" | "go 1.19" | "go 1.21") tail -c +17 "$file" >"corpus/v1/$name" ;;
	"go 1.2"*)
		{
			head -c 7 "$file" | tail -c 1
			tail -c +17 "$file"
		} >"corpus/v2/$name"
		cp "corpus/v2/$name" "corpus/batches/$name"
		;;
	esac
	gzip -c "$file" >"corpus/packed/$name.gz"
	tar -cf "corpus/packed/$name.tar" -C "$(dirname "$file")" "$name"
	tar -czf "corpus/packed/$name.tgz" --format=pax -C "$(dirname "$file")" "$name"
	iconv -f LATIN1 -t UTF-16 "$file" >"corpus/packed/$name.utf16"
	iconv -f LATIN1 -t UTF-8 "$file" >"corpus/packed/$name.utf8"
	for tool in zstd lz4; do
		if command -v "$tool" >/dev/null; then "$tool" -qc "$file" >"corpus/packed/$name.$tool"; fi
	done
done < <(find "$data/real" "$data/broken" -name '*.trace' -size -40k)
for file in "$data"/text/*.test; do
	sed -n '/^-- trace --$/,/^-- events --$/p' "$file" | sed '1d;$d' >"corpus/text/$(basename "$file")"
done
