"""The windows of `detector watch --show`."""

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from detector.errors import UsageError

if TYPE_CHECKING:
    from detector.monitor.camera_worker import FrameResult
    from detector.monitor.config.watch import WatchConfig

_QUIT = {ord("q"), ord("Q"), 27}
# Without a screen, OpenCV's window library ends the whole program. So another process tries it first.
_PROBE = "import cv2; cv2.namedWindow('probe'); cv2.waitKey(1); cv2.destroyAllWindows()"
_PROBE_SECONDS = 20


class Windows:
    """A window for every camera, with its newest picture, the people in it and the zones.

    Raises:
        UsageError: OpenCV has no screen to show windows on.
    """

    def __init__(self, config: "WatchConfig") -> None:
        from detector.people.zones import Zones

        # OpenCV's Qt looks for fonts in a folder that does not exist, and warns for every window.
        os.environ.setdefault("QT_LOGGING_RULES", "default.warning=false")
        try:
            probe = subprocess.run([sys.executable, "-c", _PROBE], capture_output=True, timeout=_PROBE_SECONDS)
            possible = probe.returncode == 0
        except subprocess.TimeoutExpired:
            possible = False
        if not possible:
            raise UsageError(
                "--show", "OpenCV cannot open a window here", "a screen, and an OpenCV that is not headless"
            )
        self._zones = {camera.name: Zones(camera.zones, camera.lines) for camera in config.cameras}
        self._newest: dict[str, FrameResult] = {}

    def put(self, result: "FrameResult") -> None:
        """Show a picture at the next `update`; returns at once."""
        self._newest[result.people.camera] = result

    def update(self) -> bool:
        """Show the newest pictures; False when the user wants to end."""
        import cv2

        for camera in list(self._newest):
            result = self._newest.pop(camera)
            image = result.marked.draw(result.image)
            self._zones[camera].outline(image)
            cv2.imshow(camera, image)
        return cv2.waitKey(1) & 0xFF not in _QUIT

    def close(self) -> None:
        """Close the windows."""
        import cv2

        cv2.destroyAllWindows()
