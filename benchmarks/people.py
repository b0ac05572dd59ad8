"""Who is who: whether people and their changes of state are counted right, at 25, 10, 5 and 2.5 frames per second.

    python benchmarks/people.py [--video putting-masks-on.mp4] [--changes clip-changes.csv] [--seeds 5]

Each scene is made up: what a detector finds of people who cross, pass by, turn away, swap places, while the camera
turns, its resolution changes or its clock is set. Faces are missed, weak, mislabelled and not exact at random, anew for
each seed. With a video, the shipped detector finds the faces of it. The figures are people / changes of state, of the
worst seed; a star marks those that are right with every seed. The same scenes go to ByteTrack of `trackers` (where
that of `supervision` went), with its defaults and with this project's decisions over its numbers.
"""

import argparse
import csv
import warnings
from collections.abc import Callable
from pathlib import Path

from detector.detections import Detections
from detector.people.settings import Zone
from detector.people.states import State
from people_parts.scenes import Scene, scenes
from people_parts.trackers_compared import Frames, ours, theirs, trackers_bytetrack

RATES = (25.0, 10.0, 5.0, 2.5)
_POSTER = Zone(name="poster", polygon=((0.44, 0.2), (0.56, 0.2), (0.56, 0.4), (0.44, 0.4)), count=False)
Count = Callable[[Frames, float], tuple[int, list[tuple[float, State]], bool]]
COUNTED: dict[str, Count] = {
    "mask-detector": lambda frames, rate: ours(frames),
    "ByteTrack": lambda frames, rate: theirs(frames, trackers_bytetrack(rate)),
}


def outcome(scene: Scene, count: Count, rate: float, seeds: int) -> str:
    """People / changes of the worst seed, with a star where all are right."""
    worst: tuple[int, int] = (scene.people, scene.changes)
    for seed in range(seeds):
        people, changes, known = count(with_clock(scene, rate, seed, count is COUNTED["mask-detector"]), rate)
        if not known:
            return f"{people} / not known"
        found = (people, len(changes))
        worst = max(worst, found, key=lambda pair: abs(pair[0] - scene.people) + abs(pair[1] - scene.changes))
    star = " *" if worst == (scene.people, scene.changes) else "  "
    return f"{worst[0]} / {worst[1]}{star}"


def with_clock(scene: Scene, rate: float, seed: int, monotonic: bool) -> Frames:
    """The frames, by a clock that is never set or by that of the machine."""
    for seconds, faces, shape in scene.frames(rate, seed):
        set_forward = 0.0 if monotonic or seconds < scene.seconds / 2 else scene.clock_step
        yield seconds + set_forward, faces, shape


def find_in_video(video: Path) -> list[tuple[float, Detections, tuple[int, ...]]]:
    """What the shipped detector finds in every frame."""
    from detector import Detector
    from detector.media.sources import Source, find_sources, read_frames
    from detector.people.face_tracker import WEAKEST_SCORE

    detector = Detector(device="cpu", conf=WEAKEST_SCORE)
    (source,) = find_sources([video])
    assert isinstance(source, Source)
    return [
        (float(frame.seconds or 0), detector.predict(frame.image), frame.image.shape) for frame in read_frames(source)
    ]


def at_rate(frames: Frames, rate: float) -> Frames:
    """Every so many frames."""
    last = float("-inf")
    for seconds, faces, shape in frames:
        if seconds - last >= 1 / rate - 0.01:
            last = seconds
            yield seconds, faces, shape


def print_video(video: Path, changes_file: Path | None) -> None:
    """The changes of state in a video, and how late each is."""
    found = find_in_video(video)
    truth: list[float] = []
    if changes_file is not None:
        with changes_file.open(encoding="utf-8") as file:
            truth = sorted(float(row["seconds"]) for row in csv.DictReader(file) if "poster" not in row["person"])
    print(f"\n{video.name}: {len(truth)} changes in truth at {', '.join(f'{t:g}' for t in truth)} s")
    for rate in RATES:
        people, changes, known = ours(at_rate(found, rate), (_POSTER,))
        times = ", ".join(f"{seconds:.1f}" for seconds, _ in changes) if known else "not known"
        print(f"  {rate:4g} fps: {people} people, {len(changes)} changes: {times}")


def main() -> None:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--video", type=Path)
    parser.add_argument("--changes", type=Path, help="CSV with the columns person and seconds")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", default="", help="scenes whose name contains this")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    for name, count in COUNTED.items():
        print(f"\n{name:26}  truth     " + "".join(f"{rate:>10g} fps" for rate in RATES))
        for scene in scenes():
            if arguments.only in scene.name:
                cells = [outcome(scene, count, rate, arguments.seeds) for rate in RATES]
                truth = f"{scene.people} / {scene.changes}"
                print(f"{scene.name:26}  {truth:8}" + "".join(f"{cell:>16}" for cell in cells), flush=True)
    if arguments.video is not None:
        print_video(arguments.video, arguments.changes)


if __name__ == "__main__":
    main()
