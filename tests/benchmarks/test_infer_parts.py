"""The pieces of `benchmarks/infer.py`: turns and ratios, processes, inputs, and the counting of operations."""

import os
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from detector.libraries import import_openvino
from detector.media.videos import Timing, read_video
from detector.model.weights import shipped_weights
from infer_parts.alternation import Ratio, figure, take_turns
from infer_parts.inputs import link_pictures, scale_video
from infer_parts.machine import describe_machine
from infer_parts.operations import convolution_chain, count_operations
from infer_parts.processes import run_process
from infer_parts.workers import SideError, Worker, offline_rival, start_side

MB = 1_000_000


def test_sides_take_turns_in_an_order_that_is_turned_round():
    calls = []

    def side(name):
        return lambda: (calls.append(name), len(calls))[1]

    assert take_turns([side("a"), side("b")], 3) == [(1, 4, 5), (2, 3, 6)]
    assert "".join(calls) == "abbaab"


def test_a_ratio_is_the_median_of_the_rounds_with_their_range():
    ratio = Ratio((2.0, 9.0, 4.0), (1.0, 3.0, 4.0))
    assert ratio.each == (2, 3, 1)
    assert ratio.cells() == ("4.00", "3.00", "2.00 (1.00 to 3.00)")
    assert str(Ratio((0.03, 0.04), (1.0, 1.0))) == "0.035 (0.030 to 0.040)"


@pytest.mark.parametrize(("value", "text"), [(1234.5, "1,234"), (99.94, "99.9"), (2.553, "2.55"), (0.0327, "0.0327")])
def test_figures_have_three_digits(value, text):
    assert figure(value) == text


def test_pictures_are_linked_over_and_over_under_names_in_order(tmp_path):
    pictures = [tmp_path / name for name in ("b.png", "a.jpg")]
    for picture in pictures:
        picture.touch()
    folder = link_pictures(pictures, 5, tmp_path / "links")
    links = sorted(folder.iterdir())
    assert [link.resolve().name for link in links] == ["b.png", "a.jpg", "b.png", "a.jpg", "b.png"]
    assert link_pictures(pictures, 5, tmp_path / "links") == folder


@pytest.fixture
def clip(tmp_path):
    """Six frames of 64 x 48 pixels, each brighter than the one before."""
    from fractions import Fraction

    from detector.media.video_writer import VideoWriter

    images = [np.full((48, 64, 3), 40 * index, np.uint8) for index in range(6)]
    rate = Fraction(10)
    timings = [Timing(index / rate, Fraction(1, 1000), rate) for index in range(6)]
    writer = VideoWriter(tmp_path / "clip.mp4", images[0], timings[0])
    for image, timing in zip(images, timings, strict=True):
        writer.write(image, timing)
    writer.close()
    return tmp_path / "clip.mp4"


@pytest.mark.parametrize(("frames", "expected"), [(None, 6), (3, 3)])
def test_a_video_is_scaled_up_with_its_frames_in_order(clip, tmp_path, frames, expected):
    import av

    path = scale_video(clip, tmp_path / "large.mp4", frames)
    images = [image for image, _ in read_video(path)]
    assert [image.shape for image in images] == [(1080, 1920, 3)] * expected
    means = [image.mean() for image in images]
    assert means == pytest.approx([40 * index for index in range(expected)], abs=5)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.average_rate) == ("h264", 10)


def python(code: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", code]


def test_the_peak_of_a_process_is_its_own(tmp_path):
    large = np.ones(200 * MB, np.uint8)  # in this process, which starts the others
    empty = run_process(python("print('not shown')"), os.environ, tmp_path)
    full = run_process(python(f"bytes(range(256)) * {100 * MB // 256}"), os.environ, tmp_path)
    assert large.all()
    assert empty.peak < 60 * MB
    assert full.peak - empty.peak == pytest.approx(100 * MB, rel=0.1)
    assert 0 < empty.seconds < 60


def test_a_process_runs_in_its_folder_and_environment(tmp_path):
    run_process(python("import os; open(os.environ['NAME'], 'w').close()"), {"NAME": "made"}, tmp_path)
    assert (tmp_path / "made").exists()


@pytest.mark.parametrize("command", [python("raise SystemExit('out of luck')"), ["no such program"]])
def test_a_process_that_fails_is_an_error_with_what_it_said(tmp_path, command):
    with pytest.raises(SideError, match=r"out of luck|No such file") as error:
        run_process(command, os.environ, tmp_path)
    assert command[0] in str(error.value)


@pytest.fixture
def echo() -> Iterator[Worker]:
    code = """
import json, os, sys
for line in sys.stdin:
    if "fail" in line:
        sys.exit("no more")
    print(json.dumps({"request": json.loads(line), "names": sorted(os.environ)}), flush=True)
"""
    worker = Worker("side echo", python(code), {"LC_ALL": "C", "ONLY": "1"})
    yield worker
    worker.close()


def test_a_worker_answers_in_the_environment_it_was_given(echo):
    assert echo.ask(a=1)["request"] == {"a": 1}
    answer = echo.ask(b="x")
    assert answer["request"] == {"b": "x"}
    assert set(answer["names"]) - {"LC_CTYPE"} == {"LC_ALL", "ONLY"}


def test_a_worker_that_ends_is_an_error_with_what_it_said(echo):
    for _ in range(2):
        with pytest.raises(SideError, match=r"side echo: exit 1: no more"):
            echo.ask(fail=True)


def test_the_rival_is_kept_offline_and_left_alone_otherwise(tmp_path):
    environment = offline_rival({"HOME": "h"}, tmp_path)
    assert environment.pop("YOLO_CONFIG_DIR") == str(tmp_path)
    assert environment == {"HOME": "h", "YOLO_OFFLINE": "1", "YOLO_AUTOINSTALL": "false"}


def test_operations_are_two_for_each_product_of_convolutions_and_matrices():
    openvino = import_openvino()
    from openvino import opset13 as ops

    pixels = ops.parameter([-1, 4, -1, -1], np.float32)
    plain = ops.constant(np.zeros((6, 4, 3, 3), np.float32))
    halved = ops.convolution(pixels, plain, [2, 2], [1, 1], [1, 1], [1, 1])  # 6 x 4 x 5
    groups = ops.constant(np.zeros((2, 3, 3, 1, 1), np.float32))
    mixed = ops.group_convolution(ops.relu(halved), groups, [1, 1], [0, 0], [0, 0], [1, 1])
    matrix = ops.constant(np.zeros((7, 5), np.float32))
    network = openvino.Model([ops.result(ops.matmul(mixed, matrix, False, True))], [pixels])
    convolutions = 6 * 4 * 5 * (4 * 9) + 6 * 4 * 5 * 3
    assert count_operations(network, (1, 4, 8, 10)) == 2 * (convolutions + 6 * 4 * 7 * 5)
    assert count_operations(network, (3, 4, 8, 10)) == 3 * count_operations(network, (1, 4, 8, 10))
    assert network.input(0).partial_shape.is_dynamic


@pytest.mark.parametrize(("precision", "types"), [("int8", {"u8", "i8"}), ("fp32", {"f32"})])
def test_the_peak_is_measured_in_its_precision(precision, types):
    network = convolution_chain(precision, 16, 8)
    assert count_operations(network, (1, 16, 8, 8)) == 8 * 2 * 9 * 16 * 16 * 8 * 8
    compiled = import_openvino().Core().compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    executed = compiled.get_runtime_model().get_ops()
    layers = [node for node in executed if node.get_rt_info()["layerType"].astype(str) == "Convolution"]
    assert len(layers) == 8
    inputs = {node.input_value(0).get_element_type().get_type_name() for node in layers}
    assert inputs <= types
    values = compiled(np.random.default_rng(0).uniform(0, 2.55, (1, 16, 8, 8)).astype(np.float32))[0]
    assert values.std() > 0.05  # they do not vanish on the way: zeros are multiplied with less power


def test_the_machine_is_described_by_its_own_account(tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\nflags\t\t: fpu avx2 avx512_vnni amx_tile\n")
    described = describe_machine(cpuinfo)
    assert described["processor"].startswith("Some CPU @ 2 GHz, ")
    assert described["instruction sets"] == "avx2, avx512_vnni"
    assert describe_machine(tmp_path / "missing")["instruction sets"] == "unknown"


@pytest.mark.slow
def test_sides_find_the_same_faces_in_the_same_pictures(tmp_path):
    from ultralytics.utils import ASSETS

    weights = shipped_weights()
    folder = link_pictures([ASSETS / "bus.jpg"], 2, tmp_path / "pictures")
    settings = {"model": str(weights), "imgsz": 320}
    rival = start_side("rival", offline_rival(os.environ, tmp_path / "settings"), **settings)
    detector = start_side("detector", os.environ, weights=None)
    try:
        ours, theirs = (worker.ask(source=str(folder)) for worker in (detector, rival))
    finally:
        rival.close()
        detector.close()
    assert ours["images"] == theirs["images"] == 2
    assert min(ours["faces"], theirs["faces"]) > 0
    assert min(ours["seconds"], theirs["seconds"]) > 0
