#!/usr/bin/env python3
"""A Tracelane lake with Spark and DuckDB.

    lake.py export LAKE LIST            add the snapshots that LIST names, one path a line, on Spark's workers
    lake.py spark  LAKE 'SELECT ...' …  ask with Spark; the rows of each query as a line of JSON
    lake.py duckdb LAKE 'SELECT ...' …  ask with DuckDB, likewise

The first two need pyspark (3.4 or newer), the last one duckdb. Paths must lead to the same files on all
workers: a network file system, or one machine. Options of the environment:

    TRACELANE          the program, if it is not found as tracelane
    TRACELANE_OPTIONS  more options of tracelane export, such as --detail
    SPARK_MASTER       local[*] if not set; local-cluster[2,1,1024] starts two workers

tracelane export passes over what the lake has already, so the job can be started again at any time.
"""

import json
import os
import re
import shlex
import subprocess
import sys

TABLES = """traces findings wait_sites goroutine_groups task_types region_types gc_cycles state_totals warnings
goroutines spans tasks regions logs stw stacks stack_frames frames functions""".split()


def process(path):
    """What snapshots of one process have in common: the folder, and the name before the time in it.

    All of a process go to one worker, one after the other, so that generations that several of them hold
    are seen, and counted once.
    """
    folder, name = os.path.split(path)
    return folder, re.split(r"[-_.]\d{8}", name)[0] if re.search(r"[-_.]\d{8}", name) else ""


def export_group(program, options, lake):
    """The function that a worker runs on its share of the paths. It needs nothing of this file."""

    def run(paths):
        import subprocess

        paths = list(paths)
        for at in range(0, len(paths), 1000):
            command = [program, "export", "--parquet", lake, *options, *paths[at : at + 1000]]
            done = subprocess.run(command, capture_output=True, text=True)
            # 3: some files cannot be read; the lake has rows that say so.
            if done.returncode not in (0, 3):
                raise RuntimeError(done.stderr)
            yield done.stdout.strip()

    return run


def session():
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("tracelane").master(os.environ.get("SPARK_MASTER", "local[*]"))
    # Services are names even if they look like numbers.
    builder = builder.config("spark.sql.sources.partitionColumnTypeInference.enabled", "false")
    builder = builder.config("spark.sql.session.timeZone", "UTC").config("spark.ui.enabled", "false")
    return builder.getOrCreate()


def export(lake, listed):
    with open(listed, encoding="utf-8") as lines:
        paths = sorted({os.path.abspath(line.strip()) for line in lines if line.strip()})
    spark = session()
    program = os.environ.get("TRACELANE", "tracelane")
    options = shlex.split(os.environ.get("TRACELANE_OPTIONS", ""))
    context = spark.sparkContext
    shares = max(1, min(context.defaultParallelism * 4, len(paths)))
    # A hash that is the same in every process of Python.
    share = lambda key: sum(ord(letter) * (at + 1) for at, letter in enumerate("/".join(key)))
    keyed = context.parallelize([(process(path), path) for path in paths], shares)
    by_process = keyed.partitionBy(shares, share).values()
    for said in by_process.mapPartitions(export_group(program, options, os.path.abspath(lake))).collect():
        print(said)
    spark.stop()


def has_rows(lake, table):
    return any(name.endswith(".parquet") for _, _, names in os.walk(os.path.join(lake, table)) for name in names)


DERIVED = {
    "end_time_ns": "start_ns + duration_ns",
    "duration_ns": "end_time_ns - start_ns",
    "total_ns": "running_ns + runnable_ns + syscall_ns + waiting_ns",
}


def derived(columns):
    """The columns that files of the detail tier leave out, as others tell them: name and expression.

    Files of several versions of Tracelane may leave out different ones.
    """
    for name, sum_of in DERIVED.items():
        parts = re.findall(r"\w+", sum_of)
        if all(part in columns for part in parts):
            yield name, f"coalesce({name}, {sum_of})" if name in columns else sum_of


def spark_rows(lake, queries):
    spark = session()
    for table in filter(lambda table: has_rows(lake, table), TABLES):
        folder = os.path.join(os.path.abspath(lake), table)
        frame = spark.read.option("mergeSchema", "true").option("basePath", folder).parquet(folder)
        more = dict(derived(frame.columns))
        kept = [f"`{name}`" for name in frame.columns if name not in more]
        frame = frame.selectExpr(*kept, *(f"{sum_of} AS {name}" for name, sum_of in more.items()))
        frame.createOrReplaceTempView(table)
    for query in queries:
        yield [row.asDict() for row in spark.sql(query).collect()]
    spark.stop()


def duckdb_rows(lake, queries):
    import duckdb

    connection = duckdb.connect()
    for table in filter(lambda table: has_rows(lake, table), TABLES):
        files = os.path.join(lake, table, "*", "*", "*.parquet").replace("'", "''")
        rows = (
            f"read_parquet('{files}', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)"
        )
        names = [column[0] for column in connection.execute(f"SELECT * FROM {rows} LIMIT 0").description]
        more = dict(derived(names))
        kept = [f'"{name}"' for name in names if name not in more]
        all_columns = ", ".join(kept + [f"{sum_of} AS {name}" for name, sum_of in more.items()])
        connection.execute(f"CREATE VIEW {table} AS SELECT {all_columns} FROM {rows}")
    for query in queries:
        found = connection.execute(query)
        names = [column[0] for column in found.description]
        yield [dict(zip(names, row)) for row in found.fetchall()]


def main(words):
    if len(words) < 3 or words[0] not in ("export", "spark", "duckdb"):
        sys.exit(__doc__)
    if words[0] == "export":
        export(words[1], words[2])
        return
    ask = spark_rows if words[0] == "spark" else duckdb_rows
    for rows in ask(words[1], words[2:]):
        print(json.dumps(rows, default=str))


if __name__ == "__main__":
    main(sys.argv[1:])
