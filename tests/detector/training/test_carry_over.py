from pathlib import Path
from typing import Any

import pytest
import torch

from detector.libraries import import_ultralytics
from detector.model.checkpoints import network_of, read_checkpoint
from detector.training.carry_over import carry_over
from support.tiny_weights import TINY, save_tiny

import_ultralytics()

NAMES = {0: "with_mask", 1: "without_mask", 2: "mask_worn_incorrectly"}


def weights_with(tmp_path: Path, *names: str) -> Any:
    path = save_tiny(tmp_path / "own.pt", names)
    return network_of(read_checkpoint(path), path)


def network() -> Any:
    from ultralytics.nn.tasks import DetectionModel

    torch.manual_seed(1)
    built = DetectionModel({**TINY}, nc=len(NAMES), verbose=False)
    built.names = dict(NAMES)
    return built


def outputs(model: Any) -> torch.Tensor:
    return torch.stack([branch[-1].weight.detach().flatten(1) for branch in model.model[-1].cv3])


def test_weights_with_the_same_classes_come_over_whole(tmp_path: Path) -> None:
    weights, ours = weights_with(tmp_path, *NAMES.values()), network()
    said = carry_over(ours, weights, NAMES)
    assert said.endswith("own.pt: the network, with the classes with_mask, without_mask, mask_worn_incorrectly.")
    assert torch.equal(outputs(ours), outputs(weights))


def test_classes_in_another_order_come_over_by_name(tmp_path: Path) -> None:
    weights, ours = weights_with(tmp_path, "mask_worn_incorrectly", "With_Mask", "without_mask"), network()
    carry_over(ours, weights, NAMES)
    assert torch.equal(outputs(ours), outputs(weights)[:, [1, 2, 0]])


@pytest.mark.parametrize("others", [("cat", "dog", "bird"), ("0", "1", "2"), ("cat", "dog"), tuple("abcdefgh")])
def test_classes_of_other_names_start_fresh_even_if_there_are_as_many(tmp_path: Path, others: tuple[str, ...]) -> None:
    weights, ours = weights_with(tmp_path, *others), network()
    said = carry_over(ours, weights, NAMES)
    assert "the network. New classes: with_mask, without_mask, mask_worn_incorrectly (the weights have " in said
    assert not any(torch.equal(row, other) for row in outputs(ours)[0] for other in outputs(weights)[0])
    assert torch.equal(ours.model[0].conv.weight, weights.model[0].conv.weight)
    assert ours.model[-1].cv3[0][-1].bias.max() < -3  # as a new head begins: hardly any face is likely


def test_a_class_that_the_weights_lack_is_named(tmp_path: Path) -> None:
    weights, ours = weights_with(tmp_path, "without_mask", "with_mask", "cap"), network()
    said = carry_over(ours, weights, NAMES)
    assert "with the classes with_mask, without_mask. New classes: mask_worn_incorrectly (the weights have " in said
    assert torch.equal(outputs(ours)[:, :2], outputs(weights)[:, [1, 0]])
    assert not torch.equal(outputs(ours)[:, 2], outputs(weights)[:, 2])


def test_position_counts_where_it_is_asked_for(tmp_path: Path) -> None:
    weights, ours = weights_with(tmp_path, "mask", "bare", "wrong"), network()
    said = carry_over(ours, weights, NAMES, by_name=False)
    assert said.endswith(
        "with the classes with_mask, without_mask, mask_worn_incorrectly by position (cls_remap=False)."
    )
    assert torch.equal(outputs(ours), outputs(weights))
