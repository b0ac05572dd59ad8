"""Damaged annotation sets for `detector convert`: no traceback, no hang, no wrong box, whatever the input.

    nice python benchmarks/fuzz_convert.py [--inputs 1000] [--seed 0] [--formats voc coco] [--scratch /dev/shm]

The smallest valid set of each format (`tests/support/format_samples.py`) is damaged by hypothesis in text, numbers,
nesting, names and encoding, and converted by the command itself in a worker process. A worker that dies or hangs is
replaced. Each fault is written to `--findings`, with the set that causes it, once for each kind of fault.
"""

import argparse
import re
import shutil
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from fuzz_parts.mutations import DamagedSet, ValidSet, damaged_sets
from fuzz_parts.worker import Ran, Worker

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from support.format_samples import SAMPLES  # type: ignore[import-not-found]

_SLOW_SECONDS = 2.0
_MUCH_MEMORY = 200 * 2**20  # beside two copies of the files, which may be large themselves


@dataclass
class Tally:
    """What came out of all inputs so far.

    Attributes:
        statuses: Inputs by format and exit status.
        faults: The first input for each kind of fault, with how it ended.
        slowest: The longest time in seconds.
        grown: The largest growth of memory in bytes.
        number: Inputs.
    """

    statuses: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    faults: dict[str, tuple[DamagedSet, Ran, int]] = field(default_factory=dict)
    slowest: float = 0.0
    grown: int = 0
    number: int = 0

    def add(self, case: DamagedSet, ran: Ran) -> None:
        """Count one input."""
        self.number += 1
        self.statuses[case.format]["died" if ran.status is None else str(ran.status)] += 1
        self.slowest, self.grown = max(self.slowest, ran.seconds), max(self.grown, ran.grown)
        fault = ran.fault
        if not fault and ran.seconds > _SLOW_SECONDS:
            fault = "slow"
        if not fault and ran.grown > _MUCH_MEMORY + 2 * sum(map(len, case.files.values())):
            fault = "takes much memory"
        if fault:
            kind = kind_of(fault)
            first = self.faults.get(kind, (case, ran._replace(fault=fault), 0))
            self.faults[kind] = (*first[:2], first[2] + 1)

    def report(self) -> str:
        """The counts as text."""
        lines = [
            f"{self.number} inputs; slowest {self.slowest:.2f} s; memory grew by {self.grown / 2**20:.0f} MB at most"
        ]
        for name, counts in sorted(self.statuses.items()):
            lines.append(f"  {name:16} " + "  ".join(f"exit {key}: {count}" for key, count in sorted(counts.items())))
        lines += [f"FAULT, {count} times: {kind}" for kind, (_, _, count) in self.faults.items()]
        return "\n".join(lines)


def kind_of(fault: str) -> str:
    """What faults of one cause have in common: the exception and the line that raised it, or the text."""
    places = re.findall(r'File ".*?((?:converters|detector)/[\w/]+\.py)", line (\d+)', fault)
    last = fault.strip().splitlines()[-1]
    return f"{':'.join(places[-1])} {last.partition(':')[0]}" if places else re.sub(r"[\d.]+", "N", last)[:80]


def fuzz(inputs: int, seed: int, formats: list[str], scratch: Path, limit: float, say_every: int = 0) -> Tally:
    """Convert damaged sets.

    Args:
        inputs: How many.
        seed: Another number gives other sets.
        formats: The formats to damage.
        scratch: An empty folder.
        limit: Seconds after which a conversion counts as hanging.
        say_every: Print the counts after so many inputs; 0 never.

    Returns:
        How the conversions ended.
    """
    tally = Tally()
    worker = Worker(scratch, limit)

    @seeded(seed)
    @settings(
        max_examples=inputs, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=[*HealthCheck]
    )
    @given(damaged_sets({name: ValidSet(**vars(SAMPLES[name])) for name in formats}))
    def run(case: DamagedSet) -> None:
        tally.add(case, worker.run(case))
        if say_every and tally.number % say_every == 0:
            print(tally.report(), flush=True)

    try:
        run()
    finally:
        worker.close()
    return tally


def save(tally: Tally, folder: Path) -> None:
    """Write the first set of each kind of fault, with the words of its command line and how it ended."""
    for number, (case, ran, _) in enumerate(tally.faults.values()):
        place = folder / f"{case.format}-{number}"
        shutil.rmtree(place, ignore_errors=True)
        for name, data in case.files.items():
            path = place / "set" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        place.mkdir(parents=True, exist_ok=True)
        (place / "fault.txt").write_text(
            f"{case.options} {case.pictures}\n{ran.output}\n{ran.fault}\n", "utf-8", "replace"
        )


def main() -> None:
    """Fuzz and print the counts; exit status 1 if there is a fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--formats", nargs="+", default=sorted(SAMPLES), choices=sorted(SAMPLES))
    parser.add_argument("--scratch", type=Path, help="folder to work in; default: the system's temporary one")
    parser.add_argument("--findings", type=Path, default=Path("fuzz-findings"))
    parser.add_argument("--limit", type=float, default=20.0, help="seconds after which a conversion counts as hanging")
    arguments = parser.parse_args()
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=arguments.scratch) as scratch:
        tally = fuzz(
            arguments.inputs, arguments.seed, arguments.formats, Path(scratch), arguments.limit, arguments.inputs // 10
        )
    save(tally, arguments.findings)
    print(tally.report())
    print(f"{time.perf_counter() - start:.0f} s")
    sys.exit(bool(tally.faults))


if __name__ == "__main__":
    main()
