"""How many cameras `detector watch` sustains, how late it answers, and whether its memory grows.

    python benchmarks/watch.py clip.mp4 [--only cameras,motion,wide,clips,events,soak] [--seconds 60] [--cores 2]
                               [--cameras 1,2,3,4] [--motion-cameras 8] [--wide-cameras 4] [--checkout DIR]
                               [--events-seconds 300] [--weights W]
                               [--soak 600] [--soak-cameras 3] [--snapshots off,on]

- cameras: so many cameras in which something always moves: the clip over and over.
- motion: eight cameras of which a third is in motion at a time: the clip, then its last picture for twice as long, with
  the noise of a camera. With motion first, without it (`motion: off`), and by the version in `--checkout`.
- wide: cameras of 1280 x 720 in which the clip, at 40 per cent of its size, moves in a still picture with noise. With
  looks at the part that moves, with whole ones (`motion: off`), and by the version in `--checkout`.
- clips: what event clips cost: two cameras in which something always moves, without them and with them.
- events: what motion first changes in the events of cameras of these two kinds. The same pictures are looked at at the
  same times with it and without it, one after the other and not as they come, so the load of the machine changes
  nothing.
- soak: the memory of three cameras over so many seconds, without and with pictures of faces in the store.

Each camera is MJPEG over HTTP on loopback at 25 frames per second, of which 10 are looked at. The cameras' server is a
process of its own; on a machine with more cores than `--cores` it runs on the others. A camera is sustained when it is
looked at, or seen to be unchanged, 9.5 times a second or more. The delay is from the moment in which a picture is due
until what follows from it is known; for events it is that of the picture that decided. "ms a frame" is the time of one
core, decoding included. Memory is what the program itself allocated, swapped out or not; not the pages of libraries,
which come and go.

Give it a machine with Linux that has nothing else to do.
"""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from watch_parts.measured import WANTED_FPS, Measured, measure, pair_events
from watch_parts.replay import replay
from watch_parts.senders import moving, moving_a_third, sending, wide

TABLES = ("cameras", "motion", "wide", "clips", "events", "soak")
_SUSTAINED = 9.5
_ROW = "{:34} {:>16} {:>7} {:>18} {:>24} {:>6} {:>11}  {}"


def print_head(title: str) -> None:
    """The title of a table, and its columns."""
    print(f"\n{title}")
    columns = ("frames per second", "looks", "delay of frames", "delay of events", "cores", "ms a frame", "")
    print(_ROW.format("", *columns))


def print_row(name: str, found: Measured) -> None:
    """A row of what was measured."""
    events = [event.delay for event in found.events]
    print(
        _ROW.format(
            name,
            f"{min(found.rates):.2f} .. {max(found.rates):.2f}",
            f"{found.looks:.1f}",
            milliseconds(found.delays),
            f"{milliseconds(events)} ({len(events)})",
            f"{found.used:.2f}",
            f"{1000 * found.cost:.1f}",
            "sustained" if min(found.rates) >= _SUSTAINED else "not sustained",
        ),
        flush=True,
    )


def milliseconds(delays: Sequence[float]) -> str:
    """Median and 99th percentile."""
    return f"{1000 * np.median(delays):.0f} / {1000 * np.percentile(delays, 99):.0f} ms" if len(delays) else "none"


def compare_cameras(arguments: argparse.Namespace, cores: set[int]) -> None:
    """So many cameras that are always in motion."""
    print_head("always in motion")
    pictures = moving(arguments.video)
    for number in map(int, arguments.cameras.split(",")):
        with sending(pictures, number, cores) as senders:
            print_row(f"{number} cameras", measure(senders, arguments.seconds, weights=arguments.weights))


def compare_motion(arguments: argparse.Namespace, cores: set[int]) -> None:
    """Cameras of which a third is in motion at a time."""
    number = arguments.motion_cameras
    print_head(f"{number} cameras, a third in motion at a time")
    compare_with_off(moving_a_third(arguments.video), number, arguments, cores)


def compare_wide(arguments: argparse.Namespace, cores: set[int]) -> None:
    """Cameras in whose pictures only a part moves, all the time."""
    number = arguments.wide_cameras
    print_head(f"{number} wide cameras, a part of the picture in motion")
    compare_with_off(wide(arguments.video), number, arguments, cores)


def compare_with_off(pictures: list[bytes], number: int, arguments: argparse.Namespace, cores: set[int]) -> None:
    """With motion first, without it, and another version."""
    found = {}
    with sending(pictures, number, cores) as senders:
        for motion in ("auto", "off"):
            found[motion] = measure(senders, arguments.seconds, motion=[motion] * number, weights=arguments.weights)
            print_row(f"motion: {motion}", found[motion])
        if arguments.checkout is not None:
            found["other"] = measure(senders, arguments.seconds, checkout=arguments.checkout)
            print_row(str(arguments.checkout), found["other"])
    for name, other in [("motion: off", "off"), (str(arguments.checkout), "other")]:
        if other in found:
            slowest = min(found["auto"].rates) / min(found[other].rates)
            cost = found["auto"].cost / found[other].cost
            print(f"against {name}: {slowest:.2f} times the frames of the slowest camera, {cost:.2f} times ms a frame")


def compare_clips(arguments: argparse.Namespace, cores: set[int]) -> None:
    """Two cameras that are always in motion, without and with event clips."""
    print_head("2 cameras, always in motion")
    cost = {}
    with sending(moving(arguments.video), 2, cores) as senders:
        for clips in (False, True):
            found = measure(senders, arguments.seconds, weights=arguments.weights, clips=clips)
            print_row("with clips" if clips else "without clips", found)
            cost[clips] = found.cost
    print(f"with clips: {cost[True] / cost[False]:.2f} times ms a frame")


def compare_events(arguments: argparse.Namespace, cores: set[int]) -> None:
    """The events of cameras with motion first and without it."""
    for kind, pictures in [("a camera", moving_a_third(arguments.video)), ("a wide camera", wide(arguments.video))]:
        print_events(kind, pictures, arguments)


def print_events(kind: str, pictures: list[bytes], arguments: argparse.Namespace) -> None:
    """How the events of a camera with motion first and without it differ."""
    events, looked = replay(pictures, arguments.events_seconds, arguments.weights)
    later, different = pair_events(events["auto"], events["off"])
    title = f"events of {kind} in {arguments.events_seconds:g} s at {WANTED_FPS:g} frames a second"
    print(f"\n{title}; motion first looks at {100 * looked:.0f} % of them")
    print(f"  {len(later)} with motion first and without, {different} with one of the two only")
    if later:
        print(
            f"  with motion first later by {np.median(later):+.2f} s ({min(later):+.2f} to {max(later):+.2f})",
            flush=True,
        )


def soak(arguments: argparse.Namespace, cores: set[int]) -> None:
    """What memory does while cameras are watched for long."""
    number, pictures = arguments.soak_cameras, moving_a_third(arguments.video)
    for snapshots in arguments.snapshots.split(","):
        with sending(pictures, number, cores) as senders:
            found = measure(
                senders, arguments.soak, weights=arguments.weights, notes=False, snapshots=snapshots, settle=20
            )
        at, size = np.array([each for each in found.memory if each[0] >= 0.25 * arguments.soak]).T
        slope = np.polyfit(at / 60, size, 1)[0]
        print(f"\nmemory of {number} cameras in {arguments.soak:g} s, snapshots {snapshots}, {found.processed} frames:")
        print(f"  {size[0]:.1f} MiB after a quarter of the time, {size[-1]:.1f} at the end, {size.max():.1f} at most")
        print(f"  a line through the last three quarters rises by {slope:+.2f} MiB a minute", flush=True)


def main() -> None:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--only", default=",".join(TABLES), help="tables, of %(default)s")
    parser.add_argument("--seconds", type=float, default=60, help="how long each row is measured")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--weights", help="default: the shipped ones")
    parser.add_argument("--cameras", default="1,2,3,4", help="numbers of cameras that are always in motion")
    parser.add_argument("--motion-cameras", type=int, default=8, help="of which a third is in motion at a time")
    parser.add_argument("--wide-cameras", type=int, default=4, help="in which only a part of the picture moves")
    parser.add_argument("--events-seconds", type=float, default=300, help="of the camera whose events are compared")
    parser.add_argument(
        "--checkout", type=Path, help="of another version, 0.1 or later; without it that row is left out"
    )
    parser.add_argument("--soak", type=float, help="how many seconds; without it that table is left out")
    parser.add_argument("--soak-cameras", type=int, default=3)
    parser.add_argument("--snapshots", default="off,on", help="settings to soak")
    arguments = parser.parse_args()
    wanted = arguments.only.split(",")
    if unknown := set(wanted) - set(TABLES):
        parser.error(f"--only: {', '.join(sorted(unknown))}; there are {', '.join(TABLES)}")
    every = sorted(os.sched_getaffinity(0))
    ours, others = set(every[: arguments.cores]), set(every[arguments.cores :])
    os.sched_setaffinity(0, ours)
    print(
        f"{len(ours)} cores, the cameras' server on {'others' if others else 'the same'}; load {os.getloadavg()[0]:.1f}"
    )
    tables = {"cameras": compare_cameras, "motion": compare_motion, "wide": compare_wide}
    tables |= {"clips": compare_clips, "events": compare_events}
    tables |= {"soak": soak} if arguments.soak else {}
    for name, compare in tables.items():
        if name in wanted:
            compare(arguments, others or ours)


if __name__ == "__main__":
    main()
