"""Finds the parts of a converted YOLO network that stay in floating point, because INT8 is too coarse for them."""

from typing import Any


def find_decoding(model: Any) -> tuple[list[str], list[str]]:
    """Find the operations that decode boxes and scores, and the last convolutions of the head before them.

    The search goes from the output backwards, because names differ between networks.

    Args:
        model: An `openvino.Model` as `detector export` converts it.

    Returns:
        The names of the operations of the decoding, and of the last convolutions: two for each level of the head.
    """
    operations: list[str] = []
    convolutions: list[str] = []
    seen: set[str] = set()
    ahead = [model.get_results()[0]]
    while ahead:
        for value in ahead.pop().input_values():
            node = value.get_node()
            # Operations before ShapeOf only give the size of the feature maps, from which anchors are computed.
            if node.get_name() in seen or node.get_type_name() in {"Constant", "Parameter", "ShapeOf"}:
                continue
            seen.add(node.get_name())
            if "Convolution" in node.get_type_name() and not _takes_mean(node):
                convolutions.append(node.get_friendly_name())
            else:
                operations.append(node.get_friendly_name())
                ahead.append(node)
    return operations, convolutions


def _takes_mean(convolution: Any) -> bool:
    """Whether a convolution is part of the decoding: it takes the mean of a distribution over distances (DFL)."""
    source = convolution.input_value(0).get_node()
    while source.get_type_name() in {"Transpose", "Reshape"}:
        source = source.input_value(0).get_node()
    return bool(source.get_type_name() == "Softmax")
