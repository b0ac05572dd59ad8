import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.monitor.config.redaction import Address, redacted, scrub


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("0", "0"),
        (0, "0"),
        ("clips/a b@c?.mp4", "clips/a b@c?.mp4"),
        ("rtsp://10.0.0.5/stream", "rtsp://10.0.0.5/stream"),
        ("rtsp://user:geheim@10.0.0.5:554/stream", "rtsp://10.0.0.5:554/stream"),
        ("rtsp://geheim@10.0.0.5/stream", "rtsp://10.0.0.5/stream"),
        ("RTSP://user:geheim@10.0.0.5/stream", "RTSP://10.0.0.5/stream"),
        ("rtsp://user:ge@heim@10.0.0.5/stream", "rtsp://***"),
        ("rtsp://user:ge/heim@10.0.0.5/stream", "rtsp://***"),
        ("rtsp://user:ge?heim@10.0.0.5/stream", "rtsp://***"),
        ("http://u:geheim@host/v?a=1", "http://host/v?***"),
        ("http://host/video.cgi?user=admin&pwd=geheim", "http://host/video.cgi?***"),
        ("rtsp://user:123/4@10.0.0.5/stream", "rtsp://***"),
        ("http://host:8080/a@b", "http://***"),
        ("http://[::1]:8080/a", "http://[::1]:8080/a"),
        ("http://[::1]/a?key=geheim", "http://[::1]/a?***"),
        ("http://host/a?mail=geheim@b", "http://***"),
        ("rtsp://10.0.0.5:554/user=admin&password=geheim&channel=1", "rtsp://10.0.0.5:554/user=***"),
        ("rtsp://10.0.0.5/live/password=geheim_channel=1/x", "rtsp://10.0.0.5/live/password=***/x"),
        ("http://host/v#geheim", "http://host/v"),
        ("postgresql+psycopg://u:geheim@db/events", "postgresql+psycopg://db/events"),
        ("sqlite:///events.db", "sqlite:///events.db"),
    ],
)
def test_addresses_are_shown_without_credentials(source: str | int, shown: str) -> None:
    assert redacted(source) == shown
    assert str(Address(str(source))) == shown
    assert "geheim" not in repr(Address(str(source)))
    assert Address(str(source)).get_secret_value() == str(source)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1), st.sampled_from(["/live", "", "/a/b"]))
def test_no_password_is_shown_whatever_it_is_made_of(password: str, path: str) -> None:
    address = f"10.0.0.5:554{path}"
    assert redacted(f"rtsp://user:{password}@{address}") in (f"rtsp://{address}", "rtsp://***")


def test_secrets_are_taken_out_of_the_messages_of_others() -> None:
    message = "could not open 'rtsp://u:hidden@cam/1': token geheim-long, then geheim, refused"
    clean = scrub(message, ["geheim", Address("geheim-long"), ""])
    assert clean == "could not open 'rtsp://cam/1': token ***, then ***, refused"
