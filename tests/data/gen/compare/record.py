#!/usr/bin/env python3
"""Records a corpus that tells how often a comparison is right: many recordings of one build, and fewer of builds
with a change of a known size.

    GO=/path/to/go/bin/go record.py FOLDER [--same 40] [--changed 5] [--gated 20] [--only http,lock,pipe] [--changes all]
        [--last 1500ms] [--prefix "chrt -f 50"]

writes FOLDER/PROGRAM/CHANGE-N.trace, where CHANGE is a key of CHANGES below (`--changes same,p99` records those only). The prefix is put before each run;
`chrt -f 50` keeps other work on the machine from disturbing. Recordings of all kinds take turns, so that a machine
that grows slower does not make a change of its own. What is there already is left alone.

`measure.py` compares them.
"""
import argparse
import os
import pathlib
import subprocess
import tempfile

# What is planted: flags and environment.
CHANGES = {
    "same": ([], {}),
    "region20": (["-slow", "1.2"], {}),
    "regionx2": (["-slow", "2"], {}),
    "median5": (["-slow", "1.05"], {}),
    "hold5ms": (["-hold", "5ms"], {}),
    "leak1": (["-leak", "1"], {}),
    "leak10": (["-leak", "10"], {}),
    "allocx2": (["-alloc", "2"], {}),
    "allocx5": (["-alloc", "5"], {}),
    "tail": (["-tail", "10"], {}),
    "p99": (["-tail", "2", "-every", "25"], {}),
    "gogc400": ([], {"GOGC": "400"}),
    "procs1": ([], {"GOMAXPROCS": "1"}),
    "rate2": (["-rate", "1000"], {}),
}
# These need as many recordings as CI makes in a while.
GATED = ["region20", "tail", "p99"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--same", type=int, default=40)
    parser.add_argument("--changed", type=int, default=5)
    parser.add_argument("--gated", type=int, default=20)
    parser.add_argument("--only", default="http,lock,pipe")
    parser.add_argument("--changes", default=",".join(CHANGES))
    parser.add_argument("--last", default="1500ms")
    parser.add_argument("--prefix", default="", help="put before each run")
    options = parser.parse_args()
    here = pathlib.Path(__file__).resolve().parent
    with tempfile.TemporaryDirectory() as work:
        binary = f"{work}/compare"
        go = os.environ.get("GO", "go")
        subprocess.run([go, "build", "-trimpath", "-o", binary, "."], cwd=here, check=True)
        counts = {change: options.changed for change in CHANGES}
        counts["same"] = options.same
        counts.update({change: max(options.gated, options.changed) for change in GATED})
        counts = {change: count for change, count in counts.items() if change in options.changes.split(",")}
        # A recording of each kind in turn, the frequent ones more often.
        turns = [
            (at / count, change, at + 1) for change, count in counts.items() for at in range(count)
        ]
        for _, change, at in sorted(turns):
            flags, environment = CHANGES[change]
            for program in options.only.split(","):
                out = options.folder / program / f"{change}-{at}.trace"
                if out.exists():
                    continue
                out.parent.mkdir(parents=True, exist_ok=True)
                command = [*options.prefix.split(), binary, "-program", program, "-last", options.last, *flags]
                part = out.with_suffix(".part")
                with open(part, "wb") as file:
                    subprocess.run(command, stdout=file, check=True, env={"GOMAXPROCS": "2", **os.environ, **environment})
                part.rename(out)


main()
