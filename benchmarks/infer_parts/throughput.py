"""Images per second: of `infer`, of ultralytics, and of the network alone."""

from infer_parts.alternation import Ratio, row, table, take_turns
from infer_parts.bench import RIVAL_IMGSZ, Bench


def compare_throughput(bench: Bench, source: str) -> None:
    """Print a table for the "pictures" or the "video"."""
    others = {"torch": "ultralytics, torch"}
    if bench.imgsz != RIVAL_IMGSZ:
        others["torch at its size"] = f"ultralytics, torch, at {RIVAL_IMGSZ} px"
    if bench.export is not None:
        precision = bench.export.precision.upper()
        others["openvino"] = f"ultralytics, OpenVINO {precision}"
        others["network"] = f"the network alone, OpenVINO {precision}"
    ours = bench.turn("detector", source)
    what = f"{len(bench.pictures)} val pictures" if source == "pictures" else "1920 x 1080 video"
    table(f"Images per second: {what} at {bench.imgsz} px", "against", "`infer`", "the other", "ratio (range)")
    for name, label in others.items():
        turns = take_turns([ours, bench.turn(name, source)], bench.rounds)
        row(label, *Ratio(*turns).cells())
    faces = {"`infer`": ours} | {label: bench.turn(name, source) for name, label in others.items() if name != "network"}
    # Pictures are repeated, as often as each side needs for its turn.
    each = len(bench.pictures) if source == "pictures" else ours.answer["images"]
    found = ", ".join(
        f"{label} {turn.answer['faces'] * each // turn.answer['images']}" for label, turn in faces.items()
    )
    print(f"\nFaces found in the {each} images: {found}.")
    print(f"Threads of torch, as ultralytics sets them: {bench.turn('torch', source).answer['threads']}.")
    if bench.export is None:
        print(f"No OpenVINO export beside {bench.weights.name}: neither that nor the network alone was measured.")
    else:
        print(f"Requests of the network alone: {bench.turn('network', source).answer['requests']} at a time.")


def compare_versions(bench: Bench) -> None:
    """Print a table against another version, each with its own weights and defaults."""
    table("Images per second, with the defaults of each", "of", "this version", "the other", "ratio (range)")
    for source in ("pictures", "video") if bench.clip else ("pictures",):
        row(
            source,
            *Ratio(*take_turns([bench.turn("defaults", source), bench.turn("version", source)], bench.rounds)).cells(),
        )
    print(f"\nThe other version: {bench.checkout}.")
