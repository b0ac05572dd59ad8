"""Ray itself: imported without usage statistics, started on this machine or joined where it runs."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from detector.device import available_cores
from detector.errors import ClusterError, UsageError

# Ray gives itself half a minute, which is short on a machine that is busy.
_STARTS = 3


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
        ClusterError: Ray does not start on this machine.
    """
    ray = import_ray()
    logging.getLogger("ray.data").setLevel(logging.ERROR)  # the run prints its own progress and its own failures
    if ray.is_initialized():
        yield
        return
    try:
        _start(ray) if address is None else _join(ray, address)
        yield
    finally:
        ray.shutdown()


def _start(ray: ModuleType) -> None:
    for number in range(1, _STARTS + 1):
        try:
            ray.init("local", num_cpus=available_cores(), log_to_driver=False, logging_level=logging.ERROR)
            return
        except Exception as error:  # Ray raises Exception itself where a process is late
            ray.shutdown()
            if number == _STARTS:
                raise ClusterError("Ray", f"does not start on this machine ({_reason(error)})") from error


def _join(ray: ModuleType, address: str) -> None:
    try:
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:
        raise UsageError("ray_address", f"{address} ({_reason(error)})", "the address of a Ray cluster") from error


def _reason(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
