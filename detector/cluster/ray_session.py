"""Ray itself: imported without usage statistics, started on this machine or joined where it runs."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from detector.device import available_cores
from detector.errors import UsageError


def import_ray() -> ModuleType:
    """Import Ray Data. It sends no usage statistics, unless the user has set `RAY_USAGE_STATS_ENABLED`.

    Returns:
        The module `ray`, with `ray.data`.

    Raises:
        UsageError: It is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
        import ray.data
    except ModuleNotFoundError as error:
        raise UsageError("ray", f"{error.name} is not installed", "pip install 'mask-detector[ray]'") from error
    module: ModuleType = ray
    return module


@contextmanager
def ray_session(address: str | None) -> Iterator[None]:
    """Join a cluster, or start Ray on this machine; Ray that runs in this process already is used as it is.

    Args:
        address: Of a cluster, as `ray.init` takes it; None for this machine.

    Raises:
        UsageError: There is no cluster at the address.
    """
    ray = import_ray()
    logging.getLogger("ray.data").setLevel(logging.ERROR)  # the run prints its own progress and its own failures
    if ray.is_initialized():
        yield
        return
    try:
        cores = None if address else available_cores()
        ray.init(address=address or "local", num_cpus=cores, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, ValueError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise UsageError("ray_address", f"{address or 'local'} ({reason})", "the address of a Ray cluster") from error
    try:
        yield
    finally:
        ray.shutdown()
