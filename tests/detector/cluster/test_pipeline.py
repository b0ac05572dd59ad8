"""How the actors are divided among the machines of a cluster."""

from typing import Any

import pytest

from detector.cluster.pipeline import ClusterOptions, _actors, _machines
from detector.errors import OptionError


def actors(*machines: tuple[float, float], **options: Any) -> tuple[object, ...]:
    found = _actors(ClusterOptions(**options), list(machines))
    return found["concurrency"], found["threads"], found["num_cpus"], found["num_gpus"]


def test_small_machines_have_an_actor_for_each_core_and_room_beside_it_for_reading() -> None:
    assert actors((2, 0)) == ((1, 2, 2), 1, 0.5, 0)
    assert actors((1, 0), (1, 0), (1, 0)) == ((1, 3, 3), 1, 0.5, 0)


def test_large_machines_have_an_actor_for_four_cores() -> None:
    assert actors((16, 0), (8, 0)) == ((1, 6, 6), 4, 3, 0)


def test_an_actor_fits_on_the_smallest_machine_of_a_large_cluster() -> None:
    assert actors(*[(2, 0)] * 10) == ((1, 20, 20), 1, 0.5, 0)
    assert actors((16, 0), (2, 0)) == ((1, 18, 18), 1, 0.5, 0)


def test_each_gpu_has_an_actor_and_can_be_shared() -> None:
    assert actors((16, 2), (16, 2)) == ((1, 4, 4), 1, 1, 1)
    assert actors((16, 2), num_gpus=0.25) == ((1, 8, 8), 1, 1, 0.25)
    assert actors((16, 2), num_gpus=0) == ((1, 4, 4), 4, 3, 0)
    with pytest.raises(OptionError, match="2, but the cluster has 1"):
        actors((16, 1), num_gpus=2)


def test_as_many_actors_as_asked_for() -> None:
    assert actors((2, 0), concurrency=1)[0] == 1


def test_machines_that_are_lost_or_take_no_work_do_not_count() -> None:
    nodes = [
        {"Alive": True, "Resources": {"CPU": 4.0, "GPU": 1.0, "memory": 1e9}},
        {"Alive": True, "Resources": {"memory": 1e9}},
        {"Alive": False, "Resources": {"CPU": 4.0}},
    ]
    assert _machines(nodes) == [(4, 1)]
