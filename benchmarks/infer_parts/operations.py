"""Operations: how many a network takes, and how many this machine can do in a second."""

import time
from collections.abc import Sequence
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

from detector.libraries import import_openvino

# (channels, side of the map in pixels) of the networks that the peak is looked for with. All are bound by arithmetic:
# each value is used 9 times for every output channel. Which fits the caches best depends on the processor.
_SIZES = ((64, 80), (128, 40), (256, 20), (512, 14))
_DEPTH = 8  # layers: enough for the input and the output not to count
_SETTINGS = {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": "f32", "ENABLE_CPU_PINNING": False}


def count_operations(network: Any, shape: Sequence[int]) -> int:
    """Two for each multiplication and addition in convolutions and matrix products.

    Args:
        network: An `openvino.Model` with one input; it is left as it is.
        shape: Of the input.
    """
    network = network.clone()
    network.reshape(list(shape))
    return sum(_node_operations(node) for node in network.get_ops())


def network_operations(path: Path, shapes: Sequence[tuple[int, int]]) -> list[int]:
    """The operations of an exported YOLO network for inputs of several sizes.

    Args:
        path: The `.xml`.
        shapes: (height, width) of each input.
    """
    network = import_openvino().Core().read_model(path)
    counts = {shape: count_operations(network, (1, 3, *shape)) for shape in set(shapes)}
    return [counts[shape] for shape in shapes]


def _node_operations(node: Any) -> int:
    kind = node.get_type_name()
    if kind in ("Convolution", "GroupConvolution"):
        weights = node.input_value(1).get_shape()  # ([groups,] outputs, inputs, height, width)
        products = prod(weights[1:] if kind == "Convolution" else weights[2:])
    elif kind == "MatMul":
        products = node.input_value(0).get_shape()[-2 if node.get_attributes()["transpose_a"] else -1]
    else:
        return 0
    return int(2 * products * prod(node.output(0).get_shape()))


def measure_peak(precision: str, seconds: float) -> float:
    """The operations per second of the fastest of several networks that do little but multiply and add.

    They are run as `detector infer` runs its own, in as many streams as OpenVINO holds for best.

    Args:
        precision: "int8" or "fp32".
        seconds: How long all of them run, each an equal part.
    """
    return max(_throughput(*_compiled(precision, *size), seconds / len(_SIZES)) for size in _SIZES)


def convolution_chain(precision: str, channels: int, side: int) -> Any:
    """3 x 3 convolutions with ReLU, one after the other; for INT8 with the quantisation that NNCF leaves in a network.

    Returns:
        An `openvino.Model` from (1, channels, side, side) to the same.
    """
    import numpy as np

    openvino = import_openvino()
    from openvino import opset13 as ops

    def quantised(values: Any, low: float, high: float, levels: int) -> Any:
        limits = [ops.constant(np.float32(limit)) for limit in (low, high)]
        return ops.fake_quantize(values, *limits, *limits, levels)

    random = np.random.default_rng(0)
    pixels = values = ops.parameter([1, channels, side, side], np.float32)
    for _ in range(_DEPTH):
        # As wide as keeps the values from vanishing on their way through the layers.
        limit = (6 / (9 * channels)) ** 0.5
        kernel = random.uniform(-limit, limit, (channels, channels, 3, 3)).astype(np.float32)
        weights = ops.constant(kernel)
        if precision == "int8":
            values, weights = quantised(values, 0, 2.55, 256), quantised(weights, -limit, limit, 255)
        values = ops.relu(ops.convolution(values, weights, [1, 1], [1, 1], [1, 1], [1, 1]))
    return openvino.Model([ops.result(values)], [pixels])


@cache
def _compiled(precision: str, channels: int, side: int) -> tuple[Any, int]:
    """Requests that wait for work, and the operations of one; they have run before."""
    import numpy as np

    openvino = import_openvino()
    network = convolution_chain(precision, channels, side)
    queue = openvino.AsyncInferQueue(openvino.Core().compile_model(network, "CPU", _SETTINGS), 0)
    operations = count_operations(network, (1, channels, side, side))
    for request in queue:
        values = request.get_input_tensor().data
        values[:] = np.random.default_rng(0).uniform(0, 2.55, values.shape)
    _throughput(queue, operations, 0.2)
    return queue, operations


def _throughput(queue: Any, operations: int, seconds: float) -> float:
    done = 0
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        queue.start_async()
        done += operations
    queue.wait_all()
    return done / (time.perf_counter() - start)
