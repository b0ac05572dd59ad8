"""The pieces of `benchmarks/serve.py`: what clients count, and the slope of memory."""

import math
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from serve_parts.load import Answer, Load, send_at_a_rate, send_in_turn
from serve_parts.servers import Held
from serve_parts.soak import slope

LOAD = Load((*(Answer(i, i / 100, 200) for i in range(99)), Answer(99, 0.5, 503)), 10.0)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/predict"
        server.shutdown()


def test_only_good_answers_make_the_rate_and_the_percentiles():
    assert LOAD.rate == 9.9
    assert LOAD.percentile(0.5) == 0.49
    assert LOAD.percentile(0.99) == 0.98
    assert LOAD.percentile(0.5, 503) == 0.5
    assert math.isnan(LOAD.percentile(0.5, 500))


def test_a_delay_that_grows_shows_in_the_thirds():
    assert LOAD.thirds() == [0.16, 0.49, 0.82]


def test_clients_in_turn_wait_for_their_answers(address):
    load = send_in_turn(address, [b"abc"], clients=2, seconds=0.5)
    assert len(load.times()) == len(load.answers) > 2


def test_clients_at_a_rate_send_as_many_as_are_due(address):
    load = send_at_a_rate(address, [b"abc"], rate=20, seconds=1, clients=8)
    assert len(load.answers) == 20


def test_no_server_is_no_answer():
    load = send_at_a_rate("http://127.0.0.1:9/v1/predict", [b"abc"], rate=10, seconds=0.3, clients=2)
    assert {answer.status for answer in load.answers} == {0}


def test_memory_grows_by_its_slope_after_the_first_fifth():
    samples = [Held(i, 10**9 if i < 20 else 10**8 + i * 1000, 1, 1) for i in range(100)]
    assert slope(samples) == pytest.approx(3.6)
