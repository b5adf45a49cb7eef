#!/usr/bin/env python3
"""Prints the licences of all crates, fonts included, that are in the program for this machine.

Reads what `cargo metadata` says and the licence files of each crate's source. A crate without a licence file is named
with the licence that it declares. Texts that are the same are printed once.
"""

import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMES = ("LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE")


def metadata() -> dict:
    host = next(
        line.split(": ", 1)[1]
        for line in subprocess.check_output(["rustc", "-vV"], text=True).splitlines()
        if line.startswith("host: ")
    )
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", host]
    return json.loads(subprocess.check_output(command, cwd=ROOT, text=True))


def linked(found: dict) -> set[str]:
    """The ids of all packages that are linked into the program: no build scripts, no tests."""
    nodes = {node["id"]: node for node in found["resolve"]["nodes"]}
    start = next(package["id"] for package in found["packages"] if package["name"] == "tracelane")
    seen, waiting = set(), [start]
    while waiting:
        package = waiting.pop()
        if package in seen:
            continue
        seen.add(package)
        for dependency in nodes[package]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                waiting.append(dependency["pkg"])
    return seen


def texts(folder: pathlib.Path) -> list[str]:
    files = (path for path in sorted(folder.iterdir()) if path.is_file() and path.name.upper().startswith(NAMES))
    return [path.read_text(encoding="utf-8", errors="replace").strip() for path in files]


def main() -> None:
    found = metadata()
    packages = {package["id"]: package for package in found["packages"]}
    by_text: dict[str, list[str]] = {}
    bare = []
    for package_id in linked(found):
        package = packages[package_id]
        if package["source"] is None:
            continue
        name = f"{package['name']} {package['version']} ({package['license'] or 'see its file'})"
        own = texts(pathlib.Path(package["manifest_path"]).parent)
        if not own:
            bare.append(name)
        for text in own:
            by_text.setdefault(text, []).append(name)
    for font in sorted((ROOT / "assets/fonts").glob("LICENSE-*")):
        name = f"the font {font.name.removeprefix('LICENSE-')}"
        by_text.setdefault(font.read_text(encoding="utf-8").strip(), []).append(name)
    out = sys.stdout
    out.write("Tracelane contains the work of others, under these licences.\n")
    if bare:
        out.write("\nWithout a file of their own:\n")
        out.writelines(f"  {name}\n" for name in sorted(bare))
    for text, names in sorted(by_text.items(), key=lambda known: sorted(known[1])):
        out.write("\n" + "=" * 80 + "\n")
        out.writelines(f"{name}\n" for name in sorted(names))
        out.write("\n" + text + "\n")


main()
