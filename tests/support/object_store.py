"""An S3 server on loopback, which can be told to be busy."""

import contextlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from support.servers import unused_port


@dataclass
class ObjectStore:
    """A server with one bucket.

    Attributes:
        endpoint: Its address.
        bucket: The name of the bucket.
        busy: So many of the next requests for objects are answered 503.
        requests: The method and path of each request.
    """

    endpoint: str
    bucket: str = "bucket"
    busy: int = 0
    requests: list[tuple[str, str]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take_busy(self, method: str, path: str) -> bool:
        with self._lock:
            self.requests.append((method, path))
            if self.busy and method == "GET" and path.count("/") > 1:
                self.busy -= 1
                return True
            return False


@contextlib.contextmanager
def object_store() -> Iterator[ObjectStore]:
    """The server, and the environment variables by which S3 libraries find it, until the block ends."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    port = unused_port()
    store = ObjectStore(f"http://127.0.0.1:{port}")
    application = DomainDispatcherApplication(create_backend_app)

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        if store.take_busy(environ["REQUEST_METHOD"], environ["PATH_INFO"]):
            body = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
            start_response("503 Slow Down", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
            return [body]
        return application(environ, start_response)

    server = make_server("127.0.0.1", port, answer, threaded=True)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    variables = {
        "AWS_ENDPOINT_URL": store.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        bucket_of(store).create_bucket(Bucket=store.bucket)
        yield store
    finally:
        server.shutdown()
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


def bucket_of(store: ObjectStore) -> Any:
    """A client of the server."""
    import boto3

    return boto3.client("s3", endpoint_url=store.endpoint)
