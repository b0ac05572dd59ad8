"""Streams that come faster than they are decoded."""

import io
import itertools
import socket
import threading
import time

import numpy as np
import pytest

from detector.errors import SourceError
from detector.monitor.cameras.streams import Backlog, RateCap, read_address

_RATE, _GOP = 25, 12


def numbered_stream(pictures: int) -> list[bytes]:
    """H.264, a piece for each picture, which shows its own number as eight black or white blocks."""
    import av

    out, ends = io.BytesIO(), [0]
    with av.open(out, "w", format="mpegts") as container:
        stream = container.add_stream("libx264", rate=_RATE)
        stream.width, stream.height, stream.pix_fmt = 128, 32, "yuv420p"
        stream.options = {"tune": "zerolatency", "g": str(_GOP), "crf": "10"}
        for number in range(pictures):
            bits = [255 * (number >> bit & 1) for bit in range(8)]
            image = np.repeat(np.tile(np.repeat(np.uint8(bits), 16), (32, 1))[..., None], 3, axis=2)
            for packet in stream.encode(av.VideoFrame.from_ndarray(image, "bgr24")):
                container.mux(packet)
            ends.append(out.tell())
    data = out.getvalue()
    return [data[start:end] for start, end in itertools.pairwise(ends)]


def number_of(image: np.ndarray) -> int:
    return sum(int(image[16, 16 * bit + 8, 0] > 128) << bit for bit in range(8))


def ages(nap: float) -> tuple[list[float], float]:
    """How old each picture of a stream of eight seconds is, when it takes so long to work on one.

    The second result is the longest time for which this machine kept the test waiting, as a busy one does.
    """
    pieces, sent, starved = numbered_stream(8 * _RATE), {}, [0.0]
    with socket.create_server(("127.0.0.1", 0)) as server:

        def send() -> None:
            connection, _ = server.accept()
            began = time.monotonic()
            with connection:
                for number, piece in enumerate(pieces):
                    time.sleep(max(0.0, began + number / _RATE - time.monotonic()))
                    sent[number] = time.monotonic()
                    starved.append(sent[number] - began - number / _RATE)
                    connection.sendall(piece)

        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        found = []
        with pytest.raises(SourceError, match="ended"):
            for picture in read_address(f"tcp://127.0.0.1:{server.getsockname()[1]}", RateCap(None), 5, 5):
                if picture.image is not None:
                    now = time.monotonic()
                    found.append(now - sent[number_of(picture.image())])
                    time.sleep(nap)
                    starved.append(time.monotonic() - now - nap)
        sender.join()
    return found, max(starved)


def test_pictures_of_a_stream_that_is_too_much_do_not_grow_older() -> None:
    late, starved = ages(nap=0.1)  # 2.5 times as long as there is: unhindered, the last one would be 5 s old
    assert len(late) > 30
    assert max(late) < 2.5 + starved
    assert np.median(late[-20:]) < 1.5 + starved


def test_nothing_is_left_out_of_a_stream_that_is_followed() -> None:
    assert len(ages(nap=0.0)[0]) > 8 * _RATE - 2 * _RATE  # the first second goes into finding out what it is


def skipped(packets: list[tuple[float, float, float]], backlog: Backlog) -> list[int]:
    return [i for i, packet in enumerate(packets) if backlog.skips(*packet, is_key=i % _GOP == 0)]


def test_a_burst_that_is_decoded_in_time_is_no_backlog() -> None:
    # Segments of six seconds, each at once, and decoded in a part of the time until the next.
    segment = [(0.04, 0.01, 0.0)] * 149 + [(0.04, 0.01, 4.5)]
    assert skipped(segment * 5, Backlog()) == []


def test_being_nearly_too_slow_is_no_backlog() -> None:
    assert skipped([(0.04, 0.038, 0.002)] * 5000, Backlog()) == []


def test_a_backlog_is_left_out_up_to_the_first_whole_picture_that_had_to_be_waited_for() -> None:
    slow, buffered, awaited = (0.04, 0.09, 0.0), (0.04, 0.0001, 0.0), (0.04, 0.0001, 0.039)
    packets = [slow] * 30 + [buffered] * 40 + [awaited] * 30
    left_out = skipped(packets, Backlog())
    assert left_out == list(range(20, 72))  # from a second behind, 0.05 s each, to the first key picture after the 70th
