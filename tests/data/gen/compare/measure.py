#!/usr/bin/env python3
"""Tells how often `tracelane compare` is right, on a corpus that record.py has recorded.

    measure.py TRACELANE FOLDER [--draws 10] [--words] [--turns] [--sizes 1,3,5] [--only nothing,planted,gates]
        [--changes all]

compares recordings of one build with each other, and with those of builds that have a planted change: one against
one, three against three, five against five. It prints how often the verdict names a change where there is none, how
many rows are called changed, and how often the verdict and the first rows name the change that was planted; then how
often `--fail-if` fails (sizes up to 20), and how many recordings a side it says it needs where it is undecided. With
--words it prints the verdicts that are wrong.
"""
import argparse
import collections
import concurrent.futures
import json
import pathlib
import re
import subprocess

# What a row or a sentence that shows the planted change says.
SHOWS = {
    "region20": "parse|order",
    "regionx2": "parse|order",
    "median5": "parse|order",
    "hold5ms": "lookup|Mutex|cache",
    "leak1": "forget",
    "leak10": "forget",
    "allocx2": "GC|gc|[Aa]lloc|render|collect",
    "allocx5": "GC|gc|[Aa]lloc|render|collect",
    "tail": "parse|order",
    "p99": "parse|order",
    "gogc400": "GC|gc|heap|collect",
    "procs1": "GOMAXPROCS|sched|for a proc",
    "rate2": "order|[Tt]wice|requests",
}
SIZES = [1, 3, 5]
# Verdicts that name no change.
NOTHING = re.compile(r"No significant difference|Only in |Unchanged: |\d+ and \d+ recordings find ")
GATES = [("p50 > +10%", "region20"), ("p99 > +10%", "p99"), ("p99 > +10%", "tail")]


def compared(binary, a, b, *more):
    command = [binary, "compare", "--json", "--a", *a, "--b", *b, *more]
    run = subprocess.run([str(word) for word in command], capture_output=True)
    if run.returncode not in (0, 3, 4):
        return run.returncode, {"verdict": [run.stderr.decode()], "changes": [], "tested": 0}
    return run.returncode, json.loads(run.stdout)


def some(files, at, size):
    return [files[(at + step) % len(files)] for step in range(size)]


def is_told(row):
    return row["significant"] or row.get("too_few", False) or row.get("named", False)


class Corpus:
    def __init__(self, folder):
        self.files = collections.defaultdict(list)
        for file in folder.glob("*.trace"):
            self.files[file.stem.rsplit("-", 1)[0]].append(file)
        for files in self.files.values():
            files.sort(key=lambda file: int(file.stem.rsplit("-", 1)[1]))

    def nothing(self, size, draws, in_turns):
        """Sides that were recorded one after the other, or in turns."""
        same = self.files["same"]
        for draw in range(draws):
            both = some(same, 2 * draw * size + draw // (len(same) // (2 * size)), 2 * size)
            yield (both[::2], both[1::2]) if in_turns else (both[:size], both[size:])

    def planted(self, change, size, draws):
        same, changed = self.files["same"], self.files[change]
        if len(changed) >= size:
            for draw in range(draws):
                yield some(same, draw * size, size), some(changed, draw, size)

    def gated(self, planted, size):
        same, changed = self.files["same"], self.files[planted]
        start = 20 if planted == "same" else 0
        # All of them together are one comparison.
        for draw in range(20 if size < 20 else 1):
            if len(changed) >= start + 20:
                yield some(same[:20], draw, size), some(changed[start : start + 20], draw, size)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--words", action="store_true")
    parser.add_argument("--turns", action="store_true", help="take the sides of one build in turns")
    parser.add_argument("--sizes", default="1,3,5", help="recordings a side")
    parser.add_argument("--only", default="nothing,planted,gates")
    parser.add_argument("--changes", default=",".join(SHOWS))
    options = parser.parse_args()
    SIZES[:] = [int(size) for size in options.sizes.split(",")]
    programs = {folder.name: Corpus(folder) for folder in sorted(options.folder.iterdir()) if folder.is_dir()}
    table = collections.defaultdict(lambda: [0, 0])
    needed = collections.defaultdict(list)

    def count(what, size, program, is_so):
        for key in [(what, size, program), (what, size, "all")]:
            table[key][0] += int(is_so)
            table[key][1] += 1

    jobs = []
    for name, corpus in programs.items():
        for size in SIZES:
            if "nothing" in options.only:
                jobs += [("same", size, name, a, b, ()) for a, b in corpus.nothing(size, 2 * options.draws, options.turns)]
            if "planted" in options.only:
                for change in options.changes.split(","):
                    jobs += [(change, size, name, a, b, ()) for a, b in corpus.planted(change, size, options.draws)]
            if "gates" in options.only:
                for gate, change in GATES:
                    for planted in ["same", change] if change != "tail" else [change]:
                        fail = ("--fail-if", f"region:parse in main.parse {gate}")
                        jobs += [(f"{gate}: {planted}", size, name, a, b, fail) for a, b in corpus.gated(planted, size)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda job: compared(options.binary, job[3], job[4], *job[5]), jobs)
        for (what, size, program, a, b, fail), (code, found) in zip(jobs, results):
            named = [said for said in found["verdict"] if not NOTHING.match(said)]
            told = [row for row in found["changes"] if is_told(row)]
            wrong = False
            if fail:
                count(what, size, program, code == 4)
                undecided = [one for one in found["conditions"] if one["decision"] == "undecided"]
                needed[(what, size)] += [one["recordings_needed"] or 101 for one in undecided]
            elif what == "same":
                wrong = bool(named)
                count("same: verdict names a change", size, program, wrong)
                count("same: any row changed", size, program, bool(told))
                for key in [("same: rows changed", size, program), ("same: rows changed", size, "all")]:
                    table[key][0] += sum(row["significant"] for row in found["changes"])
                    table[key][1] += found["tested"]
            else:
                shows = re.compile(SHOWS[what])
                is_it = lambda row: shows.search(f"{row['kind']} {row['name']}")
                is_said = any(shows.search(said) for said in found.get("settings", []) + named[:3])
                wrong = not is_said
                count(f"{what}: in the verdict", size, program, is_said)
                count(f"{what}: first row", size, program, bool(told and is_it(told[0])))
                count(f"{what}: first three rows", size, program, any(is_it(row) for row in told[:3]))
            if options.words and wrong:
                print(what, size, program, [file.stem for file in a + b], found["verdict"][:4])
                print("     ", [(row["kind"], row["name"]) for row in told[:3]])
    whats = list(dict.fromkeys(key[0] for key in table))
    columns = [*programs, "all"]
    print(f"{'':<36}" + "".join(f"{f'{size} v {size}':^{11 * len(columns)}}" for size in SIZES))
    print(f"{'':<36}" + "".join(f"{column:>11}" for _ in SIZES for column in columns))
    for what in whats:
        cells = [table.get((what, size, column)) for size in SIZES for column in columns]
        print(f"{what:<36}" + "".join(f"{f'{cell[0]}/{cell[1]}' if cell else '':>11}" for cell in cells))
    for (what, size), runs in needed.items():
        if runs:
            print(f"{what}, {size} v {size}: undecided {len(runs)} times; {sorted(runs)[len(runs) // 2]} a side needed")


main()
