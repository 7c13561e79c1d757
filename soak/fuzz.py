"""Everything that reads bytes of strangers, fed with bytes that nobody would write.

Good inputs are mutated at random; one that leads to an outcome not seen before is mutated further.
An outcome is what was read, or the reason why nothing was. A crash is anything else: an exception that
the reader is not to raise, a reader that contradicts itself, or one that takes longer than AT_MOST.
`--keep tests/corpus` adds a short input for each outcome that has none there.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from random import Random

from soak.fuzz_targets import TARGETS, Target
from soak.report import show

LONGEST = 1 << 16  # bytes of an input: what a datagram holds
AT_MOST = 3.0  # seconds of the processor for one input; the largest streams take one, most microseconds
MUTATIONS = 5  # of one input, at most
REPEATED = 3000  # times, at most
SHORTENED_FOR = 1.0  # seconds spent on one input that is kept
TURN = 0.05  # seconds of one target before the next has its turn
MAX_CRASHES = 5  # of one target that are told: the first is mended first

WORDS = (
    *(b"\0", b"\n", b"\r", b" ", b"\t", b",", b":", b'"', b"\\", b"[", b"]", b"{", b"}", b"-", b"=", b"#", b"'"),
    *(b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xe2\x80\xae", b"\\ud800", b"\\u0000", b"\x1b[2J"),
    *(b"0", b"-1", b"1e999", b"NaN", b"true", b"null", b"1.0", b"00000001", b"65536", b"0x1389", b"1_000"),
    *(str((1 << bits) + by).encode() for bits in (15, 16, 31, 32, 62, 63, 64) for by in (-1, 0)),
    *(b"JOIN ", b"LEAVE ", b"WHO", b"KNOWNUSERS ", b"KNOWUSERS ", b"MSG ", b"IMG ", b"HELLO ", b"AUTO ", b"READY"),
    *(b"Ani", b"Mia", b"127.0.0.1", b"127.255.255.255", b"0.0.0.0", b"224.0.0.1", b"8.8.8.8", b"::1", b"5001"),
)


class Fuzzer:
    """Mutates the inputs of one target."""

    def __init__(self, target: Target, seed: int, kept: Iterable[bytes] = ()) -> None:
        self._outcome = target.outcome
        self._rng = Random(seed)
        self._inputs = [*target.seeds, *kept]
        self._untried = list(self._inputs)
        self.executions = 0
        self.outcomes: dict[str, bytes] = {}
        self.crashes: dict[str, bytes] = {}

    def take_turn(self) -> None:
        until = time.monotonic() + TURN
        while time.monotonic() < until:
            self._try(self._untried.pop() if self._untried else self._mutated())

    def _try(self, data: bytes) -> None:
        self.executions += 1
        outcome, is_crash = judge(self._outcome, data)
        if is_crash:
            self.crashes.setdefault(outcome, data)
        elif outcome not in self.outcomes:
            self.outcomes[outcome] = data
            self._inputs.append(data)

    def _mutated(self) -> bytes:
        data = self._rng.choice(self._inputs)
        for _ in range(self._rng.randint(1, MUTATIONS)):
            data = self._rng.choice(_MUTATIONS)(data, self._rng, self._inputs)
        return data[:LONGEST]


def judge(outcome: Callable[[bytes], str], data: bytes) -> tuple[str, bool]:
    """Return what becomes of an input, and whether that is a crash."""
    began = time.process_time()
    try:
        name = outcome(data)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is what we look for
        return f"{type(error).__name__}: {error}"[:200], True
    took = time.process_time() - began
    return (f"takes {took:.1f} s", True) if took > AT_MOST else (name, False)


# Mutations


def _span(data: bytes, rng: Random) -> tuple[int, int]:
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + rng.choice((1, 1, 2, 4, 16, 64)))


def _flip(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(data, rng)
    return data[:start] + bytes(byte ^ (1 << rng.randrange(8)) for byte in data[start:end]) + data[end:]


def _put(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    """Put a word into the input, or in the place of some of it."""
    start, end = _span(data, rng)
    return data[:start] + rng.choice(WORDS) + data[rng.choice((start, end)) :]


def _drop(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(data, rng)
    return data[:start] + data[end:]


def _repeat(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(data, rng)
    times = rng.choice((2, 2, 2, 3, 3, 5, 8, 8, 20, 20, 300, REPEATED))
    return data[:start] + data[start:end] * times + data[end:]


def _join(data: bytes, rng: Random, inputs: Sequence[bytes]) -> bytes:
    """Go on as another input does."""
    other = rng.choice(inputs)
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]


def _cut_off(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


_MUTATIONS = (_flip, _put, _put, _drop, _repeat, _join, _cut_off)


# What is kept


def kept_in(folder: Path) -> dict[str, bytes]:
    """Return the inputs of a target's corpus, by their outcomes."""
    return {file.name: file.read_bytes() for file in sorted(folder.glob("*"))}


def keep(fuzzer: Fuzzer, target: Target, folder: Path) -> int:
    """Add what the corpus has no input for. Returns how many."""
    folder.mkdir(parents=True, exist_ok=True)
    new = {outcome: data for outcome, data in fuzzer.outcomes.items() if not (folder / outcome).exists()}
    for outcome, data in new.items():
        (folder / outcome).write_bytes(shortened(target.outcome, outcome, data))
    return len(new)


def shortened(outcome: Callable[[bytes], str], wanted: str, data: bytes) -> bytes:
    """Leave out of an input what it can do without."""
    until = time.monotonic() + SHORTENED_FOR
    size = len(data) // 2
    while size and time.monotonic() < until:
        start = 0
        while start < len(data) and time.monotonic() < until:
            shorter = data[:start] + data[start + size :]
            if judge(outcome, shorter) == (wanted, False):
                data = shorter
            else:
                start += size
        size //= 2
    return data


def run(minutes: float, seed: int, corpus: Path, is_kept: bool = False) -> tuple[dict[str, float], list[str]]:
    """Fuzz all targets by turns. Returns figures and violations."""
    fuzzers = {name: Fuzzer(target, seed, kept_in(corpus / name).values()) for name, target in TARGETS.items()}
    until = time.monotonic() + minutes * 60
    while time.monotonic() < until:
        for fuzzer in fuzzers.values():
            fuzzer.take_turn()
    figures: dict[str, float] = {}
    for name, fuzzer in fuzzers.items():
        figures[f"{name}: executions"] = fuzzer.executions
        figures[f"{name}: distinct outcomes"] = len(fuzzer.outcomes)
        figures[f"{name}: crashes"] = len(fuzzer.crashes)
        if is_kept:
            figures[f"{name}: new in the corpus"] = keep(fuzzer, TARGETS[name], corpus / name)
    return figures, [told for name, fuzzer in fuzzers.items() for told in crashes(name, fuzzer)]


def crashes(name: str, fuzzer: Fuzzer) -> list[str]:
    found = list(fuzzer.crashes.items())[:MAX_CRASHES]
    return [f"{name}: {why}\n  {data[:300]!r} ({len(data)} bytes)" for why, data in found]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m soak.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, default=Path("tests/corpus"), help="inputs to begin with")
    parser.add_argument("--keep", action="store_true", help="add to the corpus what leads to new outcomes")
    chosen = parser.parse_args(arguments)
    return show(*run(chosen.minutes, chosen.seed, chosen.corpus, chosen.keep))


if __name__ == "__main__":
    sys.exit(main())
