#!/usr/bin/env python3
"""Makes a Python wheel that holds the program: `pipx install tracelane`, `uvx tracelane`.

On Linux the platform tag is the oldest manylinux that is true: the newest version of a glibc symbol that the program asks
for, as its dynamic symbol table says. Elsewhere it is given by --platform-tag.
"""

import argparse
import base64
import hashlib
import pathlib
import re
import subprocess
import sys
import zipfile

try:
    # Deflate packed harder: 3.5 % off a program in Rust, for minutes more.
    from zopfli import ZipFile
except ImportError:
    print("wheel.py: without zopfli (pip install zopflipy) the wheel is 3 % larger", file=sys.stderr)
    from zipfile import ZipFile

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Libraries that PEP 600 lets every manylinux program load, as far as this one does.
ALLOWED = {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "libpthread.so.0", "libdl.so.2", "librt.so.1"}


def manylinux(binary: pathlib.Path) -> str:
    headers = subprocess.check_output(["objdump", "-p", str(binary)], text=True)
    needed = {line.split()[1] for line in headers.splitlines() if line.strip().startswith("NEEDED")}
    foreign = {name for name in needed - ALLOWED if not name.startswith("ld-linux")}
    if foreign:
        raise SystemExit(f"{binary} is linked to {', '.join(sorted(foreign))}, which manylinux does not promise")
    symbols = subprocess.check_output(["objdump", "-T", str(binary)], text=True)
    versions = {tuple(map(int, found.split("."))) for found in re.findall(r"GLIBC_(\d+\.\d+)", symbols)}
    major, minor = max(versions)
    machine = subprocess.check_output(["uname", "-m"], text=True).strip()
    return f"manylinux_{major}_{minor}_{machine}"


def record_line(name: str, data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(data)}"


def description() -> str:
    """The README, with its links to files of the repository taken out: they lead nowhere on an index."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    text = re.sub(r"!\[[^\]]*\]\((?!https?:)[^)]*\)\n*", "", text)
    return re.sub(r"\[([^\]]*)\]\((?!https?:)[^)]*\)", r"\1", text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--licences", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--platform-tag")
    asked = parser.parse_args()
    platform = asked.platform_tag or manylinux(asked.binary)
    tag = f"py3-none-{platform}"
    stem = f"tracelane-{asked.version}"
    info = f"{stem}.dist-info"
    metadata = f"""Metadata-Version: 2.4
Name: tracelane
Version: {asked.version}
Summary: A native desktop explorer for Go execution traces
License-Expression: MIT OR Apache-2.0
License-File: LICENSE-APACHE
License-File: LICENSE-MIT
License-File: THIRD-PARTY-LICENCES.txt
Keywords: go,golang,trace,goroutine,profiler
Classifier: Development Status :: 4 - Beta
Classifier: Environment :: Console
Classifier: Environment :: X11 Applications
Classifier: Intended Audience :: Developers
Classifier: Topic :: Software Development :: Debuggers
Classifier: Topic :: System :: Monitoring
Requires-Python: >=3.8
Description-Content-Type: text/markdown

{description()}"""
    executable = "tracelane.exe" if asked.binary.suffix == ".exe" else "tracelane"
    files = [
        (f"{stem}.data/scripts/{executable}", asked.binary.read_bytes(), 0o755),
        (f"{info}/METADATA", metadata.encode(), 0o644),
        (f"{info}/WHEEL", f"Wheel-Version: 1.0\nGenerator: wheel.py\nRoot-Is-Purelib: false\nTag: {tag}\n".encode(), 0o644),
        (f"{info}/licenses/LICENSE-MIT", (ROOT / "LICENSE-MIT").read_bytes(), 0o644),
        (f"{info}/licenses/LICENSE-APACHE", (ROOT / "LICENSE-APACHE").read_bytes(), 0o644),
        (f"{info}/licenses/THIRD-PARTY-LICENCES.txt", asked.licences.read_bytes(), 0o644),
    ]
    record = [record_line(name, data) for name, data, _ in files] + [f"{info}/RECORD,,"]
    files.append((f"{info}/RECORD", ("\n".join(record) + "\n").encode(), 0o644))
    asked.out.mkdir(parents=True, exist_ok=True)
    path = asked.out / f"{stem}-{tag}.whl"
    with ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as wheel:
        for name, data, mode in files:
            # The same bytes each time: no time of day.
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = (0o100000 | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(entry, data)
    print(path)


main()
