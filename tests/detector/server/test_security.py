"""The token, `Host`, `Origin` and the headers of every answer."""

from collections.abc import Callable

import pytest

from detector.errors import OptionError, UsageError
from detector.server.settings import ServerSettings, is_loopback
from support.serving import Served, jpeg

Serve = Callable[..., Served]
TOKEN = "a long secret of this test"


def test_another_address_than_loopback_needs_a_token() -> None:
    with pytest.raises(UsageError, match="MASK_DETECTOR_TOKEN"):
        ServerSettings(host="0.0.0.0")
    assert ServerSettings(host="0.0.0.0", token=TOKEN).token == TOKEN


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost"])
def test_loopback_needs_none(host: str) -> None:
    assert is_loopback(host)
    ServerSettings(host=host)


def test_a_token_that_no_header_can_carry_is_refused() -> None:
    with pytest.raises(OptionError):
        ServerSettings(token="a\nb")


@pytest.mark.parametrize(
    "path", ["/v1/predict", "/v1/model", "/metrics", "/openapi.json", "/v1/live/events", "/nowhere"]
)
def test_without_the_token_nothing_is_answered(serve: Serve, path: str) -> None:
    served = serve(token=TOKEN)
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}):
        served.client.headers.pop("Authorization", None)
        answer = served.client.get(path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_probes_need_no_token(serve: Serve) -> None:
    served = serve(token=TOKEN)
    served.client.headers.pop("Authorization")
    for path in ("/healthz", "/readyz"):
        assert served.client.get(path).status_code == 200
        assert served.client.head(path).status_code == 200  # as wget --spider asks


def test_with_the_token_all_is_answered(serve: Serve) -> None:
    assert serve(token=TOKEN).client.post("/v1/predict", content=jpeg()).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "[", "a b"])
def test_another_name_in_host_is_refused(serve: Serve, host: str) -> None:
    answer = serve().client.get("/v1/model", headers={"Host": host})
    assert answer.status_code in (400, 421)


@pytest.mark.parametrize(
    "host", ["localhost:9999", "LOCALHOST", "127.0.0.1", "[::1]:80", "192.168.0.5", "cams.example:8000"]
)
def test_own_names_and_addresses_in_host_are_taken(serve: Serve, host: str) -> None:
    assert serve(allowed_hosts=("cams.example",)).client.get("/v1/model", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"},
    ],
)
def test_requests_from_other_sites_are_refused(serve: Serve, headers: dict[str, str]) -> None:
    client = serve().client
    assert client.post("/v1/predict", content=jpeg(), headers=headers).status_code == 403
    assert client.get("/v1/model", headers=headers).status_code == 403


def test_requests_of_the_page_itself_are_taken(serve: Serve) -> None:
    served = serve()
    headers = {"Origin": served.address, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
    assert served.client.post("/v1/predict", content=jpeg(), headers=headers).status_code == 200


def test_a_link_from_another_site_to_the_page_works_but_posts_nothing(serve: Serve) -> None:
    client = serve().client
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client.get("/v1/model", headers=headers).status_code == 200
    assert client.post("/v1/predict", content=jpeg(), headers=headers).status_code == 403


def test_every_answer_tells_browsers_to_be_strict(serve: Serve) -> None:
    client = serve().client
    for answer in (client.get("/v1/model"), client.get("/nowhere"), client.get("/v1/model", headers={"Host": "evil"})):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "server" not in answer.headers


def test_errors_are_problems_with_found_and_expected(serve: Serve) -> None:
    client = serve().client
    for answer in (client.get("/nowhere"), client.get("/v1/predict"), client.post("/v1/predict", content=b"")):
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert problem["status"] == answer.status_code
        assert {"type", "title", "detail", "found", "expected"} <= {*problem}
