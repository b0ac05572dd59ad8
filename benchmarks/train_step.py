"""How much faster a training step on the CPU is in bfloat16 on channels-last tensors than as ultralytics runs it.

Both sides run forward, loss and backward of the shipped model on the same batch, in alternation, in one process:

    python benchmarks/train_step.py --imgsz 640 --batch 8 --rounds 5
"""

import argparse
import statistics
import time
from typing import Any

from detector.model.weights import load_weights, shipped_weights
from detector.training.trainer import _in_bfloat16


def build(optimised: bool) -> Any:
    """The shipped model, ready to train; `optimised` as `MaskTrainer` prepares it."""
    import torch
    from ultralytics.utils import DEFAULT_CFG

    model = load_weights(shipped_weights()).model
    model.args = DEFAULT_CFG
    model.requires_grad_(True).train()
    if optimised:
        model = model.to(memory_format=torch.channels_last)
        model.predict = _in_bfloat16(model.predict)
    return model


def make_batch(size: int, imgsz: int) -> dict[str, Any]:
    """Random pictures with 20 faces each."""
    import torch

    faces = 20 * size
    return {
        "img": torch.rand(size, 3, imgsz, imgsz),
        "cls": torch.randint(0, 3, (faces, 1)).float(),
        "bboxes": torch.cat([torch.rand(faces, 2) * 0.8 + 0.1, torch.rand(faces, 2) * 0.1 + 0.02], dim=1),
        "batch_idx": torch.arange(size).repeat_interleave(20).float(),
    }


def step(model: Any, batch: dict[str, Any]) -> float:
    """Seconds that one forward, loss and backward takes."""
    start = time.perf_counter()
    loss, _ = model(dict(batch))
    loss.sum().backward()
    return time.perf_counter() - start


def main() -> None:
    """Run both sides in alternation and print the ratio of medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--imgsz", type=int, default=640)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()

    batch = make_batch(arguments.batch, arguments.imgsz)
    models = {"float32 (ultralytics)": build(False), "bfloat16, channels last": build(True)}
    times: dict[str, list[float]] = {name: [] for name in models}
    for round_number in range(arguments.rounds + 1):
        for name, model in models.items():
            seconds = step(model, batch)
            if round_number:  # the first round warms up
                times[name].append(seconds / arguments.batch)
    for name, seconds_each in times.items():
        median, least = statistics.median(seconds_each) * 1000, min(seconds_each) * 1000
        print(f"{name:26} {median:7.1f} ms per picture (min {least:.1f})")
    plain, optimised = (statistics.median(seconds_each) for seconds_each in times.values())
    print(f"ratio {plain / optimised:.2f}")


if __name__ == "__main__":
    main()
