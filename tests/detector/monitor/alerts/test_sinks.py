import email
import email.policy
import json
import logging
import shlex
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from detector.errors import ConfigError, DeliveryError
from detector.monitor.alerts.delivery import Delivery
from detector.monitor.alerts.outbox import DeliveryStatus, MemoryOutbox
from detector.monitor.alerts.sink import AlertSink
from detector.monitor.alerts.sink_worker import Retry
from detector.monitor.alerts.sinks import make_sink
from detector.monitor.config.redaction import scrub
from detector.monitor.config.watch import SinkConfig, load_config
from detector.people.states import Alert, State
from support.servers import (
    Broker,
    certificate,
    http_server,
    mqtt_broker,
    server_context,
    silent_server,
    unused_port,
)
from support.waiting import MANY_SECONDS, wait_until

JPEG = b"\xff\xd8\xff\xe0 not really a picture"
ALERT = Alert(
    "no mask",
    "Eingang Süd",
    datetime(2026, 11, 21, 8, 30, tzinfo=UTC),
    "Eingang Süd: 1 person without a mask for 3 s",
    1,
    {State.WITH_MASK: 2, State.WITHOUT_MASK: 1, State.MASK_WORN_INCORRECTLY: 1, State.UNDECIDED: 0},
    JPEG,
    "0123456789abcdef",
    "/var/clips/door.mp4",
)
AS_JSON = {
    "id": "0123456789abcdef",
    "rule": "no mask",
    "camera": "Eingang Süd",
    "time": "2026-11-21T08:30:00+00:00",
    "message": "Eingang Süd: 1 person without a mask for 3 s",
    "people": 1,
    "states": {"with_mask": 2, "without_mask": 1, "mask_worn_incorrectly": 1, "undecided": 0},
    "snapshot": "/9j/4CBub3QgcmVhbGx5IGEgcGljdHVyZQ==",
    "clip": "/var/clips/door.mp4",
}


def sink(**settings: Any) -> AlertSink:
    config: SinkConfig = TypeAdapter(SinkConfig).validate_python(settings)
    return make_sink("ops", config)


def failure(sink: AlertSink) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        sink.send(ALERT)
    assert "geheim" not in str(caught.value)
    return caught.value


@pytest.fixture(scope="module")
def localhost(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    return certificate(tmp_path_factory.mktemp("certificate"))


class TestWebhook:
    def webhook(self, port: int, host: str = "127.0.0.1", **settings: Any) -> AlertSink:
        return sink(**{"type": "webhook", "url": f"http://{host}:{port}/hook?key=geheim", "timeout": 2} | settings)

    @pytest.mark.parametrize("status", [200, 204])
    def test_the_alert_arrives_as_json(self, status: int) -> None:
        with http_server(status) as server:
            self.webhook(server.port, headers={"Authorization": "Bearer geheim"}).send(ALERT)
        ((method, path, headers, body),) = server.requests
        assert (method, path) == ("POST", "/hook?key=geheim")
        assert headers["Content-Type"] == "application/json"
        assert headers["Authorization"] == "Bearer geheim"
        assert json.loads(body) == AS_JSON

    def test_user_and_password_of_the_address_are_sent_as_such(self) -> None:
        with http_server() as server:
            self.webhook(server.port, url=f"http://me:ge%40heim@127.0.0.1:{server.port}/").send(ALERT)
        assert server.requests[0][2]["Authorization"] == "Basic bWU6Z2VAaGVpbQ=="
        assert server.requests[0][2]["Host"] == f"127.0.0.1:{server.port}"

    @pytest.mark.parametrize(
        ("status", "permanent"), [(400, True), (401, False), (404, False), (413, True), (429, False), (500, False)]
    )
    def test_other_answers_are_failures(self, status: int, permanent: bool) -> None:
        with http_server(status, reason="As I say") as server:
            error = failure(self.webhook(server.port))
        assert str(error) == f"ops: answered {status} As I say"
        assert error.permanent is permanent

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_redirects_are_not_followed_and_the_token_stays_here(self, status: int) -> None:
        with http_server() as other:
            location = {"Location": f"http://me:geheim@127.0.0.1:{other.port}/geheim"}
            with http_server(status, location) as server:
                error = failure(self.webhook(server.port, headers={"Authorization": "Bearer geheim"}))
        assert other.requests == []
        assert "a redirect to 127.0.0.1, which is not followed" in str(error)
        assert error.permanent is (status in (301, 308))

    def test_servers_that_do_not_answer(self) -> None:
        with silent_server() as port:
            began = time.monotonic()
            assert "no answer within 0.2 s" in str(failure(self.webhook(port, timeout=0.2)))
            assert time.monotonic() - began < 10
        error = failure(self.webhook(unused_port()))
        assert "not reached ([Errno 111] Connection refused)" in str(error)
        assert not error.permanent

    def test_certificates_are_verified(self, localhost: tuple[Path, Path]) -> None:
        with http_server(tls=server_context(*localhost)) as server:
            url = f"https://localhost:{server.port}/geheim"
            assert "certificate" in str(failure(self.webhook(0, url=url)))
            assert server.requests == []
            self.webhook(0, url=url, ca_file=str(localhost[0])).send(ALERT)
            assert len(server.requests) == 1
            other_name = f"https://127.0.0.1:{server.port}/"
            assert "certificate" in str(failure(self.webhook(0, url=other_name, ca_file=str(localhost[0]))))
            assert len(server.requests) == 1

    def test_authorities_that_cannot_be_read_are_found_at_the_start(self, tmp_path: Path) -> None:
        (tmp_path / "empty.pem").touch()
        for name in ("empty.pem", "missing.pem"):
            with pytest.raises(ConfigError, match=rf"{name}: cannot be read .*; expected certificates in PEM format"):
                self.webhook(1, ca_file=str(tmp_path / name))

    def test_headers_that_http_does_not_allow_are_not_repeated(self) -> None:
        with http_server() as server:
            error = failure(self.webhook(server.port, headers={"X geheim\n": "a"}))
        assert error.permanent
        assert server.requests == []

    def test_the_secret_parts_of_an_address_are_not_repeated(self) -> None:
        with http_server(500, reason="no /services/T1/geheim here, hunter@2 or hunter%402") as server:
            hook = self.webhook(0, url=f"http://me:hunter%402@127.0.0.1:{server.port}/services/T1/geheim")
            with pytest.raises(DeliveryError) as caught:
                hook.send(ALERT)
        assert scrub(str(caught.value), hook.secrets) == "ops: answered 500 no *** here, *** or ***"

    @pytest.mark.parametrize(
        "url", ["http://127.0.0.1/a b", "http://127.0.0.1/tür", "http://127.0.0.1/a\n", "ftp://x/"]
    )
    def test_addresses_that_http_does_not_allow_are_found_at_the_start(self, url: str) -> None:
        with pytest.raises(ValidationError, match="special characters as %40"):
            self.webhook(0, url=url)


class TestEmail:
    @pytest.fixture
    def smtp(self) -> Iterator[Any]:
        """Starts mail servers; each has `.messages`, and `.reply` for what it says to them."""
        controller_module = pytest.importorskip("aiosmtpd.controller", reason="aiosmtpd, of the development extra")
        started = []

        class Handler:
            def __init__(self) -> None:
                self.messages: list[EmailMessage] = []
                self.reply = "250 OK"
                self.refused: set[str] = set()
                self.over_tls: list[bool] = []

            async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
                if address in self.refused:
                    return "550 unknown"
                envelope.rcpt_tos.append(address)
                return "250 OK"

            async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:
                if self.reply.startswith("2"):
                    self.over_tls.append(session.ssl is not None)
                    self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))  # type: ignore[arg-type]
                return self.reply

        def start(**settings: Any) -> Handler:
            handler: Any = Handler()
            controller = controller_module.Controller(handler, "127.0.0.1", unused_port(), **settings)
            controller.start()
            started.append(controller)
            handler.port = controller.port
            return handler

        yield start
        for controller in started:
            controller.stop()

    def mail(self, port: int, **settings: Any) -> AlertSink:
        common = {"type": "email", "host": "localhost", "port": port, "tls": "none", "timeout": 3}
        people = {"sender": "Masks <masks@example.org>", "to": ["one@example.org", "two@example.org"]}
        return sink(**common | people | settings)

    def test_the_message_says_it_all_and_has_the_snapshot(self, smtp: Any) -> None:
        server = smtp()
        self.mail(server.port).send(ALERT)
        (message,) = server.messages
        assert message["Subject"] == "[no mask] Eingang Süd: 1 person without a mask for 3 s"
        assert message["From"] == "Masks <masks@example.org>"
        assert message["To"] == "one@example.org, two@example.org"
        assert message["Date"].datetime == ALERT.time
        assert message["Message-ID"] == "<0123456789abcdef@mask-detector>"
        text = message.get_body().get_content()
        assert "Camera: Eingang Süd" in text
        assert "2026-11-21 08:30:00 UTC" in text
        assert "mask_worn_incorrectly: 1" in text
        assert "Clip: /var/clips/door.mp4" in text
        (attachment,) = message.iter_attachments()
        assert attachment.get_content_type() == "image/jpeg"
        assert attachment.get_content() == JPEG

    @pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # its idea of TLS is STARTTLS alone
    @pytest.mark.parametrize("tls", ["starttls", "tls"])
    def test_the_password_goes_over_verified_tls_only(
        self, smtp: Any, tls: str, localhost: tuple[Path, Path], tmp_path: Path
    ) -> None:
        from aiosmtpd.smtp import AuthResult

        logins: list[Any] = []

        def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> Any:
            logins.append((data.login, data.password))
            return AuthResult(success=data.password == b"geheim", handled=False)

        context = server_context(*localhost)
        key = {"tls_context": context, "require_starttls": True} if tls == "starttls" else {"ssl_context": context}
        server = smtp(authenticator=authenticate, auth_required=True, auth_require_tls=tls == "starttls", **key)
        login = {"tls": tls, "user": "me", "password": "geheim"}
        # The certificate is that of localhost, and known to those alone who are told.
        for settings in ({"ca_file": None}, {"ca_file": str(localhost[0]), "host": "127.0.0.1"}):
            error = failure(self.mail(server.port, **login | settings))
            assert "certificate not trusted" in str(error)
        assert logins == []
        self.mail(server.port, **login, ca_file=str(localhost[0])).send(ALERT)
        assert logins == [(b"me", b"geheim")]
        assert len(server.messages) == 1
        if tls == "starttls":
            assert server.over_tls == [True]
        error = failure(self.mail(server.port, **login | {"password": "other", "ca_file": str(localhost[0])}))
        assert "answered 535" in str(error)
        assert error.permanent  # an account is soon locked by trying again

    def test_a_server_without_starttls_gets_nothing(self, smtp: Any) -> None:
        server = smtp()
        error = failure(self.mail(server.port, tls="starttls", user="me", password="geheim"))
        assert "STARTTLS" in str(error)
        assert not error.permanent
        assert server.messages == []

    @pytest.mark.parametrize(("reply", "permanent"), [("451 come back later", False), ("554 no spam here", True)])
    def test_refusals(self, smtp: Any, reply: str, permanent: bool) -> None:
        server = smtp()
        server.reply = reply
        error = failure(self.mail(server.port))
        assert str(error) == f"ops: answered {reply}"
        assert error.permanent is permanent

    def test_recipients_that_are_refused(self, smtp: Any, caplog: pytest.LogCaptureFixture) -> None:
        server = smtp()
        server.refused = {"one@example.org"}
        self.mail(server.port).send(ALERT)
        assert len(server.messages) == 1
        assert "1 of 2 recipients refused" in caplog.text
        server.refused |= {"two@example.org"}
        error = failure(self.mail(server.port))
        assert str(error) == "ops: recipients refused (550)"
        assert error.permanent

    @pytest.mark.parametrize("tls", ["none", "tls"])
    def test_servers_that_do_not_answer(self, tls: str) -> None:
        with silent_server() as port:
            began = time.monotonic()
            assert "no answer within 0.2 s" in str(failure(self.mail(port, timeout=0.2, tls=tls)))
            assert time.monotonic() - began < 10
        assert "not reached (Connection refused)" in str(failure(self.mail(unused_port(), tls=tls)))


class TestMqtt:
    def mqtt(self, port: int, **settings: Any) -> AlertSink:
        pytest.importorskip("paho.mqtt.client")
        return sink(**{"type": "mqtt", "host": "localhost", "port": port, "timeout": 3} | settings)

    @pytest.mark.parametrize("qos", [0, 1])
    def test_the_alert_is_published(self, qos: int) -> None:
        with mqtt_broker(Broker()) as broker:
            self.mqtt(broker.port, qos=qos, user="me", password="geheim", topic="masks/door").send(ALERT)
            wait_until(lambda: broker.published)  # with a quality of 0, sent is not yet received
        ((topic, payload),) = broker.published
        assert topic == "masks/door"
        assert json.loads(payload) == AS_JSON
        assert broker.connects[0].endswith(b"\x00\x02me\x00\x06geheim")

    def test_refusals_and_silence_are_failures(self) -> None:
        with mqtt_broker(Broker(refuse=5)) as broker:
            error = failure(self.mqtt(broker.port, user="me", password="geheim"))
        assert "connection refused (Not authorized)" in str(error)
        assert broker.published == []
        with mqtt_broker(Broker(confirm=False)) as broker:
            assert "not confirmed within 0.3 s" in str(failure(self.mqtt(broker.port, timeout=0.3)))
        with silent_server() as port:
            began = time.monotonic()
            assert "no answer within 0.3 s" in str(failure(self.mqtt(port, timeout=0.3)))
            assert time.monotonic() - began < 10
        assert "not reached (Connection refused)" in str(failure(self.mqtt(unused_port())))

    def test_certificates_are_verified(self, localhost: tuple[Path, Path]) -> None:
        with mqtt_broker(Broker(), server_context(*localhost)) as broker:
            for settings in ({}, {"ca_file": str(localhost[0]), "host": "127.0.0.1"}):
                assert "certificate" in str(
                    failure(self.mqtt(broker.port, tls=True, user="me", password="geheim", **settings))
                )
            assert broker.connects == []
            self.mqtt(broker.port, tls=True, ca_file=str(localhost[0])).send(ALERT)
            assert len(broker.published) == 1


class TestCommand:
    def command(self, *arguments: str, timeout: float = 20) -> AlertSink:
        return sink(type="command", command=[sys.executable, *arguments], timeout=timeout)

    def test_the_program_gets_arguments_and_json(self, tmp_path: Path) -> None:
        out = tmp_path / "out.json"
        script = f"import json, sys; json.dump([sys.argv[1:], json.load(sys.stdin)], open({str(out)!r}, 'w'))"
        arguments = ["{rule}", "{camera}; rm -rf {people}", "$HOME {unknown} {time} {id}", "{message}"]
        self.command("-c", script, *arguments).send(ALERT)
        given, alert = json.loads(out.read_text())
        assert given == [
            "no mask",
            "Eingang Süd; rm -rf 1",
            "$HOME {unknown} 2026-11-21T08:30:00+00:00 0123456789abcdef",
            "Eingang Süd: 1 person without a mask for 3 s",
        ]
        assert alert == AS_JSON

    def test_the_json_is_one_line_as_a_shell_reads_it(self, tmp_path: Path) -> None:
        out = tmp_path / "out.json"
        script = f'read -r alert && printf %s "$alert" > {shlex.quote(str(out))}'
        sink(type="command", command=["sh", "-c", script], timeout=20).send(ALERT)
        assert json.loads(out.read_text()) == AS_JSON

    def test_a_program_that_fails_says_why(self) -> None:
        error = failure(self.command("-c", "import sys; print('no\\n network', file=sys.stderr); sys.exit(3)"))
        assert str(error) == "ops: ended with status 3: no network"
        assert not error.permanent

    def test_a_program_that_does_not_read_or_says_much_is_no_trouble(self) -> None:
        self.command(
            "-c", "import sys; sys.stdin.close(); print('x' * 10_000_000); print('y' * 10_000_000, file=sys.stderr)"
        ).send(ALERT)

    def test_what_a_program_complains_of_is_read_to_the_end_and_the_beginning_kept(self) -> None:
        error = failure(self.command("-c", "import sys; sys.stderr.write('no network\\n' + 'x' * 10**7); sys.exit(3)"))
        assert str(error).startswith("ops: ended with status 3: no network xxx")
        assert len(str(error)) < 300
        descriptors = len(list(Path("/proc/self/fd").iterdir()))
        threads = threading.active_count()
        for _ in range(5):
            failure(self.command("-c", "import sys; sys.exit('again')"))
        wait_until(lambda: threading.active_count() <= threads)
        assert len(list(Path("/proc/self/fd").iterdir())) <= descriptors

    def test_a_program_that_hangs_is_stopped_with_its_children(self, tmp_path: Path) -> None:
        pids = tmp_path / "pids"
        script = (
            "import os, subprocess, sys, time\n"
            "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
            f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
            "time.sleep(60)"
        )
        began = time.monotonic()
        error = failure(self.command("-c", script, timeout=5))
        assert str(error) == "ops: stopped after 5 s"
        assert time.monotonic() - began < 30

        def gone(pid: str) -> bool:
            try:
                return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
            except (FileNotFoundError, ProcessLookupError):
                return True

        wait_until(lambda: all(map(gone, pids.read_text().split())))

    def test_closing_stops_a_program_that_is_running(self) -> None:
        slow = self.command("-c", "import time; time.sleep(60)")

        def close_when_it_runs() -> None:
            wait_until(lambda: vars(slow)["_running"])
            slow.close()

        threading.Thread(target=close_when_it_runs).start()
        assert str(failure(slow)) == "ops: ended with status -9"
        slow.close()

    def test_a_child_that_goes_on_does_not_hold_up_the_alert(self) -> None:
        script = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(20)'])"
        began = time.monotonic()
        self.command("-c", script).send(ALERT)
        assert time.monotonic() - began < 15

    def test_a_program_that_is_missing_is_found_at_the_start(self) -> None:
        with pytest.raises(ConfigError, match="there is no program 'nonesuch'; expected one that can run"):
            sink(type="command", command=["nonesuch", "{rule}"])

    def test_a_program_that_goes_missing_is_a_failure(self, tmp_path: Path) -> None:
        program = tmp_path / "notify"
        program.write_text("#!/bin/sh\nexit 0\n")
        program.chmod(0o755)
        notify = sink(type="command", command=[str(program)])
        notify.send(ALERT)
        program.unlink()
        assert str(failure(notify)) == "ops: not started (No such file or directory)"


def test_no_sink_logs_a_secret_however_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("paho.mqtt.client")
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("SECRET", "geheim-token")
    port = unused_port()
    (tmp_path / "watch.yaml").write_text(f"""
cameras: [{{source: "rtsp://u:${{SECRET}}@127.0.0.1/x"}}]
store: {{url: "sqlite:///{tmp_path}/events.db"}}
alerts: [{{name: no mask, to: [hook, refused, mail, bus, script]}}]
delivery: {{attempts: 1}}
sinks:
  hook: {{type: webhook, url: "http://u:${{SECRET}}@127.0.0.1:{port}/${{SECRET}}", headers: {{X-Key: "${{SECRET}}"}}}}
  refused: {{type: webhook, url: "http://127.0.0.1:PORT/${{SECRET}}", headers: {{Authorization: "Bearer ${{SECRET}}"}}}}
  mail: {{type: email, host: 127.0.0.1, port: {port}, user: me, password: "${{SECRET}}", sender: a@b.c, to: [d@e.f]}}
  bus: {{type: mqtt, host: 127.0.0.1, port: {port}, user: me, password: "${{SECRET}}"}}
  script: {{type: command, command: ["{sys.executable}", -c, "import os, sys; sys.exit('went wrong')"]}}
""")
    outbox = MemoryOutbox()
    with http_server(500, reason="geheim-token is not known") as server:
        text = (tmp_path / "watch.yaml").read_text().replace("PORT", str(server.port))
        (tmp_path / "watch.yaml").write_text(text)
        config = load_config(tmp_path / "watch.yaml")
        delivery = Delivery.from_config(config, outbox)
        delivery.start()
        delivery.submit(ALERT)
        wait_until(lambda: all(status is DeliveryStatus.DEAD for status, *_ in outbox.marks.values()))
        delivery.close()
    letters = (tmp_path / "events.dead-letters.jsonl").read_text()
    assert len(letters.splitlines()) == 5
    assert "answered 500 *** is not known" in caplog.text
    for text in (caplog.text, letters, str(outbox.marks), repr(delivery.status())):
        assert "geheim" not in text
        assert "went wrong" in text


def test_the_configuration_says_how_often_and_how_long() -> None:
    assert Retry(15, longest_wait=1800).wait(15) == 1800


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (lambda: "120", 120),
        (lambda: format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True), 3600),
        (lambda: "Wed, 21 Oct 2015 07:28:00 GMT", 0),
        (lambda: "soon", 0),
    ],
    ids=["seconds", "in an hour", "past", "no time"],
)
def test_a_webhook_says_when_to_come_again(given: Callable[[], str], seconds: float) -> None:
    with http_server(429, {"Retry-After": given()}) as server:
        error = failure(sink(type="webhook", url=f"http://127.0.0.1:{server.port}/"))
    assert not error.permanent
    assert error.retry_after == pytest.approx(seconds, abs=MANY_SECONDS)
