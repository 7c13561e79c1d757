"""The benchmark: one table of what each path costs, beside the least that it can cost.

    python -m benchmarks [--quick] [--only WORD ...] [--write]

`make bench` and `make bench-quick` run it; docs/performance.md says what each row means.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Mapping, Sequence

from benchmarks import answers, commands, document, finding, idle, images, keys, machine, scale, storms, texts, windows
from benchmarks.measuring import ROUNDS, Benchmark, Effort, Row
from benchmarks.scratch import scratch
from benchmarks.table import HEADING, cells, markdown

SUITE: Mapping[str, Benchmark] = {
    "command": commands.one_shot,
    "hello": commands.round_trip,
    "text": texts.latency,
    "texts": texts.throughput,
    "image": images.speed,
    "memory": images.memory_growth,
    "join": storms.benchmark,
    "who": answers.benchmark,
    "finding": finding.benchmark,
    "idle": idle.benchmark,
    "key": keys.benchmark,
    "window": windows.benchmark,
    "scale": scale.benchmark,
}
TOO_LONG = frozenset({"memory", "finding", "key", "window"})  # for --quick


def measure(names: Sequence[str], is_quick: bool, rounds: int = ROUNDS) -> Iterator[Row | str]:
    """Measure some of the suite, one after the other, each in a folder of its own that is gone after it."""
    for name in names:
        with scratch() as folder:
            yield from SUITE[name](Effort(folder, rounds, is_quick))


def show(results: Iterator[Row | str]) -> tuple[list[Row], list[str]]:
    """Print what comes as it comes: the whole table follows."""
    rows: list[Row] = []
    words: list[str] = []
    began = time.monotonic()
    for result in results:
        if isinstance(result, Row):
            rows.append(result)
            line = "  ".join(cells(result))
        else:
            words.append(result)
            line = result
        sys.stderr.write(f"{time.monotonic() - began:5.0f} s  {line}\n")
    return rows, list(dict.fromkeys(words))


def report(rows: Sequence[Row], words: Sequence[str]) -> str:
    """Write the table, what it is of, and what is left out."""
    lines = "".join(f"\n{line}\n" for line in [f"Measured on {machine.name()}.", *words])
    return markdown(HEADING, map(cells, rows)) + lines


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="two minutes: less of each, without the largest")
    parser.add_argument("--only", nargs="+", choices=SUITE, default=[], help="these alone")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"turns of each; {ROUNDS} when left out")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    chosen = parser.parse_args(arguments)
    names = chosen.only or [name for name in SUITE if not (chosen.quick and name in TOO_LONG)]
    table = report(*show(measure(names, chosen.quick, chosen.rounds)))
    sys.stdout.write(f"\n{table}")
    if chosen.write:
        document.put("bench", table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
