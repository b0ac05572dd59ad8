"""A Ray cluster of several nodes on this machine."""

import contextlib
from collections.abc import Iterator

import ray
from ray.cluster_utils import Cluster

NODE = {"num_cpus": 1, "object_store_memory": 100_000_000}
"""What each node has."""

# Ray gives a node half a minute to start, which is short on a busy machine.
_STARTS = 5


@contextlib.contextmanager
def ray_cluster(nodes: int) -> Iterator[Cluster]:
    """A cluster, until the block ends; then this process has left Ray, too."""
    cluster = Cluster()
    try:
        for _ in range(nodes):
            add_node(cluster)
        yield cluster
    finally:
        ray.shutdown()
        cluster.shutdown()


def add_node(cluster: Cluster) -> None:
    """Add a node, which is the head of a cluster that has none."""
    for attempt in range(1, _STARTS + 1):
        try:
            cluster.add_node(**NODE, include_dashboard=False)
            return
        except Exception:
            if attempt == _STARTS:
                raise
