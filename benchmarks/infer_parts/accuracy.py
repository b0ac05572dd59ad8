"""Whether the fast backend finds what the `.pt` finds."""

from detector.evaluation import evaluate
from infer_parts.alternation import row, table
from infer_parts.bench import Bench


def compare_accuracy(bench: Bench) -> None:
    """Print AP50 on the val pictures, of the default backend and of the `.pt` on torch."""
    ours, torch = (
        # The intervals that resampling gives are not printed.
        evaluate(bench.data, weights=bench.weights, split="val", device="cpu", backend=backend, resamples=1).overall
        for backend in ("auto", "torch")
    )
    backend = "torch" if bench.export is None else f"OpenVINO {bench.export.precision.upper()}"
    table("AP50 on the val pictures", "", "faces", f"default backend ({backend})", "`.pt` on torch", "difference")
    pairs = [("any face", ours.any_face, torch.any_face)]
    pairs += [(name, score, torch.classes[name]) for name, score in ours.classes.items()]
    for name, mine, other in pairs:
        if mine.ap50 is not None and other.ap50 is not None:
            cells = (f"{mine.ap50:.4f}", f"{other.ap50:.4f}", f"{mine.ap50 - other.ap50:+.4f}")
            row(name, str(mine.instances), *cells)
