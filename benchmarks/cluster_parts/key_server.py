"""A bucket on loopback that has any number of keys, and answers listings as S3 does; nothing else.

python benchmarks/cluster_parts/key_server.py 1000000      prints its address, and answers until it is ended
"""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

_PAGE = 1000  # keys, as S3 has it
_HEAD = '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'


def page(first: int, keys: int) -> bytes:
    """The answer to ListObjectsV2 from the key with this number on."""
    end = min(first + _PAGE, keys)
    more = f"<NextContinuationToken>{end}</NextContinuationToken>" if end < keys else ""
    contents = "".join(
        f"<Contents><Key>photos/2026/{number // 1000:06}/{number:09}.jpg</Key>"
        "<LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;0123456789abcdef0123456789abcdef&quot;</ETag>"
        "<Size>20000</Size><StorageClass>STANDARD</StorageClass></Contents>"
        for number in range(first, end)
    )
    truncated = f"<IsTruncated>{str(bool(more)).lower()}</IsTruncated>"
    names = f"<Name>bucket</Name><Prefix>photos/</Prefix><KeyCount>{end - first}</KeyCount><MaxKeys>{_PAGE}</MaxKeys>"
    return f"{_HEAD}{names}{truncated}{more}{contents}</ListBucketResult>".encode()


def main(keys: int) -> None:
    """Serve."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            body = page(int(query.get("continuation-token", ["0"])[0]), keys)
            self.send_response(200)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))
