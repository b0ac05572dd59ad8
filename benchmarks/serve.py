"""`detector serve` against what people write: FastAPI with ultralytics' `YOLO` in the handler, with the same weights.

    python benchmarks/serve.py PICTURES [--clients 1 8] [--seconds 10] [--rounds 3] [--only rival,infer,overload]
    python benchmarks/serve.py PICTURES --soak 600

Both servers run as processes of their own with their defaults, and take turns: the same clients send them the same
forms. Then `detector serve` is compared with `detector infer` on the same files, and gets pictures at twice the rate
that it can bear. `--soak` has eight clients send for that many seconds, and says what the server holds each minute.

The clients need processor time too. Give it a machine that has nothing else to do; only the ratios mean anything.
"""

import argparse
import os
import socket
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median

from detector.media.media_kinds import kind_of
from detector.model.weights import find_weights
from detector.server.settings import ServerSettings
from infer_parts.alternation import Ratio, figure, row, table, take_turns
from infer_parts.inputs import link_pictures
from infer_parts.machine import describe_machine
from infer_parts.workers import start_side
from serve_parts.load import Load, forms, send_at_a_rate, send_in_turn
from serve_parts.servers import Server, ours, theirs
from serve_parts.soak import soak

TABLES = ("rival", "infer", "overload")
PATHS = {"`async def`": "/predict", "`def`, in threads": "/predict-in-a-thread"}
CLIENTS = 8
OVERLOAD = 2.0


def main() -> None:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", type=Path, help="a folder")
    parser.add_argument("--count", type=int, default=64, help="use so many of them")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, CLIENTS])
    parser.add_argument("--seconds", type=float, default=10, help="how long a turn lasts")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(TABLES), help="tables, of %(default)s")
    parser.add_argument("--soak", type=float, metavar="SECONDS", help="do only this, for so long")
    arguments = parser.parse_args()
    wanted = arguments.only.split(",")
    pictures = list(islice(filter(is_picture, sorted(arguments.pictures.iterdir())), arguments.count))
    if not pictures:
        parser.error(f"{arguments.pictures}: no pictures")

    table("Machine", "", "")
    for name, value in describe_machine().items():
        row(name, value)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        server = stack.enter_context(ours(free_port()))
        if arguments.soak:
            soak(server, server.address + "/v1/predict", forms(pictures), CLIENTS, arguments.soak)
            return
        bench = Bench(server, pictures, arguments, Path(folder), stack)
        for name in wanted:
            getattr(bench, name)()


class Bench:
    """One run.

    Args:
        server: `detector serve`.
        pictures: What is sent.
        arguments: Of the command line.
        folder: For temporary files.
        stack: Ends the processes.
    """

    def __init__(
        self, server: Server, pictures: list[Path], arguments: argparse.Namespace, folder: Path, stack: ExitStack
    ) -> None:
        self._pictures, self._folder, self._stack = pictures, folder, stack
        self._bodies = forms(pictures)
        self._address = server.address + "/v1/predict"
        self._clients, self._seconds, self._rounds = arguments.clients, arguments.seconds, arguments.rounds
        self._turn(self._address, CLIENTS)  # the network meets each size of input for the first time

    def _turn(self, address: str, clients: int) -> Load:
        return send_in_turn(address, self._bodies, clients, self._seconds)

    def _rate(self, clients: int) -> float:
        return self._turn(self._address, clients).rate

    def rival(self) -> None:
        """Print requests a second and times of both servers."""
        rival = self._stack.enter_context(theirs(free_port(), find_weights(None).absolute(), self._folder))
        table("Requests", "clients, handler", "of", "`detector serve`", "the other", "ratio (range)")
        for handler, path in PATHS.items():
            address = rival.address + path
            self._turn(address, 1)
            for clients in self._clients:
                sides = [partial(self._turn, each, clients) for each in (self._address, address)]
                mine, other = take_turns(sides, self._rounds)
                name = f"{clients}, {handler}"
                row(name, "a second", *Ratio(rates(mine), rates(other)).cells())
                for share in (0.5, 0.99):
                    times = Ratio(percentiles(mine, share), percentiles(other, share))
                    row(name, f"p{share * 100:.0f}, seconds", *times.cells())

    def infer(self) -> None:
        """Print pictures a second of the server and of `detector infer`."""
        side = start_side("detector", os.environ, weights=None)
        self._stack.callback(side.close)
        folder = link_pictures(self._pictures, len(self._pictures), self._folder / "once")
        once = side.ask(source=str(folder))
        once = side.ask(source=str(folder))
        times = max(1, round(self._seconds / once["seconds"]))
        folder = link_pictures(self._pictures, times * len(self._pictures), self._folder / "pictures")

        def infer_rate() -> float:
            answer = side.ask(source=str(folder))
            return float(answer["images"] / answer["seconds"])

        table("Pictures a second", "clients", "`detector serve`", "`detector infer`", "ratio (range)")
        for clients in self._clients:
            sides: list[Callable[[], float]] = [partial(self._rate, clients), infer_rate]
            turns = take_turns(sides, self._rounds)
            row(str(clients), *Ratio(*turns).cells())

    def overload(self) -> None:
        """Print what clients get that send twice as much as the server can bear."""
        bearable = median(self._rate(CLIENTS) for _ in range(self._rounds))
        # So long that the queue is full for two thirds of the time.
        seconds = max(3 * self._seconds, 3 * ServerSettings().queue / bearable)
        load = send_at_a_rate(self._address, self._bodies, OVERLOAD * bearable, seconds)
        refused, thirds = load.times(503), load.thirds()
        table(f"At {OVERLOAD:g} times the load that it bears ({figure(bearable)} a second)", "", "")
        row("looked at, as a share of what it bears", f"{load.rate / bearable:.2f}")
        row("refused with 503, as a share of what was sent", f"{len(refused) / len(load.answers):.2f}")
        waits = f"{load.percentile(0.5, 503):.3f}, {load.percentile(0.99, 503):.3f}"
        row("seconds until a refusal: median, p99", waits)
        row("seconds until an answer: medians of the thirds of the time", ", ".join(f"{each:.2f}" for each in thirds))
        others = [answer.status for answer in load.answers if answer.status not in (200, 503)]
        row("other answers, and none", str(len(others)))


def rates(loads: tuple[Load, ...]) -> tuple[float, ...]:
    """Pictures a second in each round."""
    return tuple(load.rate for load in loads)


def percentiles(loads: tuple[Load, ...], share: float) -> tuple[float, ...]:
    """A percentile of the times in each round."""
    return tuple(load.percentile(share) for load in loads)


def is_picture(path: Path) -> bool:
    """Whether a file is a picture."""
    return path.is_file() and kind_of(path, is_named=False) == "image"


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
