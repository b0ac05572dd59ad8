"""What a server holds while clients ask it for minutes."""

import threading
import time
from collections.abc import Sequence

import numpy as np

from infer_parts.alternation import row, table
from serve_parts.load import Load, send_in_turn
from serve_parts.servers import Held, Server

_SAMPLE_SECONDS = 1.0
_ROWS = 10
_WARM_SHARE = 0.2  # of the time: the network meets each size of input, and buffers are made
_MB = 1e6


def soak(server: Server, address: str, bodies: Sequence[bytes], clients: int, seconds: float) -> None:
    """Print what a server holds while clients send pictures, and the slope of its memory.

    Args:
        server: The server.
        address: Where they post to.
        bodies: What they send, over and over.
        clients: How many there are.
        seconds: For how long.
    """
    samples, over = [server.held()], threading.Event()

    def sample() -> None:
        while not over.wait(_SAMPLE_SECONDS):
            samples.append(server.held())

    thread = threading.Thread(target=sample)
    thread.start()
    loads: list[Load] = []
    table(
        f"{seconds:g} seconds with {clients} clients", "seconds", "memory, MB", "threads", "files", "answers a second"
    )
    begin = time.monotonic()
    for _ in range(_ROWS):
        loads.append(send_in_turn(address, bodies, clients, seconds / _ROWS))
        held = server.held()
        cells = (f"{held.seconds - begin:.0f}", f"{held.memory / _MB:.0f}", str(held.threads), str(held.files))
        row(*cells, f"{loads[-1].rate:.1f}")
    over.set()
    thread.join()
    answers = [answer for load in loads for answer in load.answers]
    good = sum(answer.status == 200 for answer in answers)
    print(f"\n{good} answers, {len(answers) - good} others.")
    print(f"Memory {slope(samples):+.1f} MB an hour after the first fifth.")


def slope(samples: Sequence[Held]) -> float:
    """By how many MB an hour the memory grows: a straight line through all but the first samples."""
    kept = samples[int(len(samples) * _WARM_SHARE) :]
    hours = [sample.seconds / 3600 for sample in kept]
    return float(np.polyfit(hours, [sample.memory / _MB for sample in kept], 1)[0])
