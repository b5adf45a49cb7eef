#!/usr/bin/env python3
"""Lays out both crates in a folder as they are published: crates.py FOLDER.

The program's crate takes pictures, fonts and the manual from `assets`, which lies beside it in the repository. A crate must
hold all it is made of, so in the published one `app` and `assets` lie below one Cargo.toml, which is made here from those of
the workspace and of the program. Nothing else differs: paths inside the sources are the same.
"""

import pathlib
import re
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What the program is compiled from.
ASSETS = ["fonts", "icons", "manual", "sample.trace"]


def main() -> None:
    out = pathlib.Path(sys.argv[1])
    for part in ("app", "assets", "trace-core"):
        shutil.rmtree(out / part, ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)
    shutil.copytree(ROOT / "app/src", out / "app/src")
    for name in ASSETS:
        source, copy = ROOT / "assets" / name, out / "assets" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, copy) if source.is_dir() else shutil.copy(source, copy)
    shutil.copytree(ROOT / "trace-core", out / "trace-core", ignore=shutil.ignore_patterns("fuzz", "target", "benches"))
    for name in ("README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE", "Cargo.lock", "clippy.toml"):
        shutil.copy(ROOT / name, out / name)
    for name in ("LICENSE-MIT", "LICENSE-APACHE"):
        shutil.copy(ROOT / name, out / "trace-core" / name)

    workspace = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    workspace = workspace.replace('members = ["trace-core", "app"]', 'members = [".", "trace-core"]')
    program = (ROOT / "app/Cargo.toml").read_text(encoding="utf-8")
    program = program.replace('path = "src/main.rs"', 'path = "app/src/main.rs"')
    program = program.replace('readme = "../README.md"', 'readme = "README.md"')
    # Tests and benches stay in the repository.
    program = re.sub(r"\[\[(?:bench|test)\]\]\n(?:[^\[\n].*\n|\n)*", "", program)
    program = re.sub(r"\[package\.metadata\.deb[^\]]*\]\n(?:(?!\[[a-z\[]).*\n)*", "", program)
    program = re.sub(r"\[dev-dependencies\]\n(?:[^\[\n].*\n|\n)*", "", program)
    program = program.replace("[features]", '[lib]\npath = "app/src/lib.rs"\n\n[features]', 1)
    program = program.replace(
        "[package]\n", '[package]\ninclude = ["/app/src/**", "/assets/**", "/README.md", "/CHANGELOG.md", "/LICENSE-*"]\n', 1
    )
    library = out / "trace-core/Cargo.toml"
    text = library.read_text(encoding="utf-8")
    text = re.sub(r"\[\[(?:bench|test)\]\]\n(?:[^\[\n].*\n|\n)*", "", text)
    library.write_text(text, encoding="utf-8")
    (out / "Cargo.toml").write_text(program + "\n" + workspace, encoding="utf-8")


main()
