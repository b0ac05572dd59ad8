"""Carries weights over into the network to train, and says in a sentence what came over.

The outputs of a class belong to its name. ultralytics copies them by name only if the two have a name in common;
otherwise those of weights with as many classes would be taken by position, and "mask" might begin as "cat".
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import torch

_LISTED = 5  # classes of the weights


def carry_over(network: Any, weights: Any, names: Mapping[int, str], *, by_name: bool = True) -> str:
    """Load weights into a network with other classes.

    Args:
        network: The network to train; changed in place.
        weights: The network of a checkpoint; its attribute `pt_path` says where it comes from.
        names: The classes to train.
        by_name: Carry the outputs of classes over by name, in any order. If not, by position where there are as many.

    Returns:
        A sentence that says what was carried over, and which classes start fresh.
    """
    weights.names = _by_id(weights.names)
    ids = {_normal(name): class_id for class_id, name in weights.names.items()}
    sources = {k: ids.get(_normal(name)) for k, name in names.items()} if by_name else {k: k for k in names}
    fresh = deepcopy([layer.state_dict() for layer in _class_layers(network)])
    network.load(weights)
    if len(names) == len(weights.names) and set(sources.values()) == {None}:
        for layer, state in zip(_class_layers(network), fresh, strict=True):
            layer.load_state_dict(state)
    carried = [k for k, source in sources.items() if source is not None and _is_same(network, weights, k, source)]
    by = "" if by_name else " by position (cls_remap=False)"
    return (
        f"Carried over from {weights.pt_path}: {_rest(network, weights)}{_classes(names, carried, weights.names, by)}."
    )


def _class_layers(network: Any) -> list[Any]:
    """The layers with an output channel for each class, one for each size of grid."""
    head = network.model[-1]
    return [branch[-1] for kind in ("cv3", "one2one_cv3") for branch in getattr(head, kind, None) or ()]


def _is_same(network: Any, weights: Any, ours: int, theirs: int) -> bool:
    """Whether the outputs of a class are those of a class of the weights."""
    layers = _class_layers(weights)
    return bool(layers) and all(
        theirs < len(source.weight) and torch.equal(layer.weight[ours], source.weight[theirs])
        for layer, source in zip(_class_layers(network), layers, strict=False)
    )


def _rest(network: Any, weights: Any) -> str:
    """How much of the network, without its outputs of classes, comes from the weights."""
    outputs = {id(value) for layer in _class_layers(network) for value in layer.parameters()}
    ours = {key: value for key, value in network.state_dict(keep_vars=True).items() if id(value) not in outputs}
    theirs = weights.state_dict()
    same = sum(key in theirs and value.shape == theirs[key].shape for key, value in ours.items())
    return "the network" if same == len(ours) else f"{same} of {len(ours)} tensors of the network"


def _classes(names: Mapping[int, str], carried: Sequence[int], known: Mapping[int, str], by: str) -> str:
    new = [name for k, name in names.items() if k not in carried]
    came = f", with the classes {', '.join(names[k] for k in carried)}{by}" if carried else ""
    if not new:
        return came
    more = f" and {len(known) - _LISTED} more" if len(known) > _LISTED else ""
    return f"{came}. New classes: {', '.join(new)} (the weights have {', '.join([*known.values()][:_LISTED])}{more})"


def _by_id(names: Mapping[int, str] | Sequence[str]) -> dict[int, str]:
    return dict(names if isinstance(names, Mapping) else enumerate(names))


def _normal(name: object) -> str:
    """A name as ultralytics compares it."""
    return str(name).strip().lower()
