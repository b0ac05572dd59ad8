"""How many cameras `detector watch` sustains, how late it answers, and whether its memory grows.

    python benchmarks/watch.py clip.mp4 [--weights W] [--cameras 1,2,3,4] [--seconds 30] [--cores 2]
                               [--memory-minutes 60] [--memory-cameras 3]

Each camera is the clip as MJPEG over HTTP on loopback at 25 frames per second, of which 10 are looked at. The cameras'
server is a process of its own; on a machine with more cores than `--cores` it runs on the others. A number of cameras
is sustained when every one of them is looked at 9.5 times a second or more. The delay is from the moment in which a
picture is sent until everything that follows from it is known and handed to store and alerts; for events it is that of
the picture that decided. Memory is what the program itself allocated, swapped out or not; not the pages of libraries,
which come and go.

Give it a machine with Linux that has nothing else to do.
"""

import argparse
import os
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

from detector.monitor.camera_worker import FrameResult
from detector.monitor.config.watch import WatchConfig
from detector.monitor.watch import Watch, make_detector
from watch_parts.senders import Sender, sending, stamped_pictures
from watch_parts.stamps import read_stamp

_STREAM_FPS, _WANTED_FPS, _SUSTAINED = 25.0, 10.0, 9.5
_SETTLE_SECONDS = 5.0
_MOST_PICTURES = 4095


class Stopwatch:
    """Takes down how late every picture is answered."""

    def __init__(self, senders: list[Sender]) -> None:
        self._sent = {f"camera {i}": sender.sent for i, sender in enumerate(senders)}
        self.frames: defaultdict[str, list[float]] = defaultdict(list)
        self.events: list[float] = []
        self.on = False

    def note(self, result: FrameResult) -> None:
        """Take down a picture."""
        if not self.on:
            return
        camera = result.people.camera
        delay = time.monotonic() - self._sent[camera][read_stamp(result.image)]
        self.frames[camera].append(delay)
        self.events += [delay] * len(result.people.changes)


def configure(senders: list[Sender], weights: str | None, folder: Path) -> WatchConfig:
    """The cameras, and the default of everything else."""
    cameras = [{"name": f"camera {i}", "source": sender.url, "fps": _WANTED_FPS} for i, sender in enumerate(senders)]
    store = {"url": f"sqlite:///{folder / 'events.db'}"}
    return WatchConfig.model_validate({"cameras": cameras, "weights": weights, "device": "cpu", "store": store})


def milliseconds(delays: list[float]) -> str:
    """Median and 99th percentile."""
    return f"{1000 * np.median(delays):5.0f} / {1000 * np.percentile(delays, 99):5.0f} ms" if delays else "none"


def sustain(senders: list[Sender], weights: str | None, seconds: float, folder: Path) -> None:
    """Watch for so long, and print a row."""
    stopwatch = Stopwatch(senders)
    with Watch(configure(senders, weights, folder), on_result=stopwatch.note) as watch:
        watch.wait(_SETTLE_SECONDS)
        stopwatch.on, before = True, time.process_time()
        watch.wait(seconds)
        stopwatch.on, used = False, time.process_time() - before
    rates = [len(stopwatch.frames[f"camera {i}"]) / seconds for i in range(len(senders))]
    every = [delay for delays in stopwatch.frames.values() for delay in delays]
    verdict = "sustained" if min(rates) >= _SUSTAINED else "not sustained"
    print(
        f"{len(senders):7}  {min(rates):6.2f} .. {max(rates):5.2f}  {milliseconds(every):>18}  "
        f"{milliseconds(stopwatch.events):>18} ({len(stopwatch.events)})  {used / seconds:5.2f}  {verdict}",
        flush=True,
    )


def allocated() -> float:
    """MiB of this process that belong to no file."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    fields = dict(line.split(":", 1) for line in status.splitlines())
    return sum(int(fields[name].split()[0]) for name in ("RssAnon", "VmSwap")) / 2**10


def remember(senders: list[Sender], weights: str | None, minutes: float, folder: Path) -> None:
    """Watch for so long, and print what memory does."""
    began = time.monotonic()
    samples: list[tuple[float, float]] = []
    with Watch(configure(senders, weights, folder)) as watch:
        while (passed := time.monotonic() - began) < 60 * minutes:
            watch.wait(min(10.0, 6 * minutes))
            samples.append((passed / 60, allocated()))
        frames = sum(camera.frames for camera in watch.status().cameras)
    at, size = np.array([sample for sample in samples if sample[0] >= 0.25 * minutes]).T
    slope = np.polyfit(at, size, 1)[0]
    print(f"\nmemory of {len(senders)} cameras over {minutes:g} minutes, {frames} frames:")
    print(
        f"  {size[0]:.1f} MiB after a quarter of the time, {size[-1]:.1f} MiB at the end, {size.max():.1f} MiB at most"
    )
    print(f"  a line through the last three quarters rises by {60 * slope:+.1f} MiB an hour")
    print(f"  threads at the end: {threading.active_count()}")


def describe_network(weights: str | None) -> str:
    """What is run, and at which size."""
    cameras = [{"source": 0}]  # there has to be one
    detector = make_detector(WatchConfig.model_validate({"cameras": cameras, "device": "cpu", "weights": weights}))
    return f"{detector.weights}, {detector.imgsz} px"


def main() -> None:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--weights", help="default: the shipped ones")
    parser.add_argument("--cameras", default="1,2,3,4", help="numbers of cameras to try")
    parser.add_argument("--seconds", type=float, default=30, help="how long each is measured")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--memory-minutes", type=float, default=0, help="how long memory is looked at; 0: not")
    parser.add_argument("--memory-cameras", type=int, default=3)
    arguments = parser.parse_args()
    every = sorted(os.sched_getaffinity(0))
    ours, others = set(every[: arguments.cores]), set(every[arguments.cores :])
    os.sched_setaffinity(0, ours)
    pictures = stamped_pictures(arguments.video, _MOST_PICTURES)
    network = describe_network(arguments.weights)
    print(f"{len(ours)} cores, the cameras' server on {'others' if others else 'the same'}; {network}")
    print("cameras  frames per second     delay of frames     delay of events       cores used")
    with tempfile.TemporaryDirectory() as folder:
        for number in map(int, filter(None, arguments.cameras.split(","))):
            with sending(pictures, number, _STREAM_FPS, others or ours) as senders:
                sustain(senders, arguments.weights, arguments.seconds, Path(folder, str(number)))
        if arguments.memory_minutes:
            with sending(pictures, arguments.memory_cameras, _STREAM_FPS, others or ours) as senders:
                remember(senders, arguments.weights, arguments.memory_minutes, Path(folder, "memory"))


if __name__ == "__main__":
    main()
