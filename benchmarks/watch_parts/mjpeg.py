"""A camera on loopback: pictures as MJPEG over HTTP, at a steady rate, by the standard library alone.

python benchmarks/watch_parts/mjpeg.py clip.mp4 [--port 8090]      then: detector watch http://127.0.0.1:8090/
"""

import argparse
import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_BOUNDARY = "frame"


class MjpegServer:
    """Sends pictures again and again to whoever asks, each client from the picture of the moment on.

    Args:
        pictures: JPEG files.
        fps: Pictures per second.
        port: 0 takes a free one.
        began: When the first picture was due, by `time.monotonic()`; default: now.

    Attributes:
        url: Its address.
        began: When the first picture was due.
        open: Whether clients get pictures; `cut_off` and `come_back` change it.
        silent: Keep connections and send nothing.
    """

    def __init__(
        self, pictures: Sequence[bytes], fps: float = 25.0, port: int = 0, *, began: float | None = None
    ) -> None:
        self._pictures, self._fps = pictures, fps
        self.began = time.monotonic() if began is None else began
        self.open, self.silent = True, False
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server._answer(self)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/"
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def cut_off(self) -> None:
        """Break off in the middle of a picture, and refuse who comes."""
        self.open = False

    def come_back(self) -> None:
        """Send again."""
        self.open = True

    def show(self, jpeg: bytes) -> None:
        """Send this picture only, from now on."""
        self._pictures = [jpeg] * len(self._pictures)

    def close(self) -> None:
        """Stop for good."""
        self.open = False
        self._http.shutdown()
        self._http.server_close()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        if not self.open:
            handler.send_error(503)
            return
        handler.send_response(200)
        handler.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={_BOUNDARY}")
        handler.end_headers()
        with contextlib.suppress(OSError):  # the client has gone
            for number in self._numbers():
                jpeg = self._pictures[number]
                head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n".encode()
                if not self.open:
                    handler.wfile.write(head + jpeg[: len(jpeg) // 2])
                    return
                handler.wfile.write(head + jpeg + b"\r\n")

    def _numbers(self) -> Iterator[int]:
        """The picture of the moment, each when its time has come."""
        index = int((time.monotonic() - self.began) * self._fps)
        while True:
            time.sleep(max(0.0, self.began + index / self._fps - time.monotonic()))
            while self.silent:
                time.sleep(0.02)
            yield index % len(self._pictures)
            index += 1


def jpegs_of(path: Path, *, quality: int = 85, width: int | None = None, most: int | None = None) -> list[bytes]:
    """The pictures of a video as JPEG files.

    Args:
        path: The video.
        quality: Of the JPEG files, 0 to 100.
        width: Scale to so many pixels.
        most: Take no more.
    """
    from itertools import islice

    import cv2

    from detector.media.videos import read_video

    pictures = []
    for image, _ in islice(read_video(path), most):
        if width is not None:
            image = cv2.resize(image, (width, round(image.shape[0] * width / image.shape[1]))).astype("uint8")
        pictures.append(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes())
    return pictures


def main() -> None:
    """Serve a video until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--fps", type=float, default=25.0)
    arguments = parser.parse_args()
    server = MjpegServer(jpegs_of(arguments.video), arguments.fps, arguments.port)
    print(f"{server.url}, until Ctrl-C", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
    server.close()


if __name__ == "__main__":
    main()
