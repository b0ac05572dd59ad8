"""The same detector on many machines: `detect` for a Ray dataset, `run` for `detector infer --ray`."""

from detector.cluster.pipeline import ClusterOptions, detect

__all__ = ["ClusterOptions", "detect"]
