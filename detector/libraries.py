"""Libraries kept from what they do unasked.

ultralytics, imported so that it neither phones home, nor installs packages, nor runs code from weights; OpenVINO
without its telemetry; and what else writes its own lines on the terminal without them.
"""

import logging
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from detector.device import available_cores
from detector.files import writing

# Forced, not defaults: each one guards a promise that the README makes.
_SWITCHES = {
    "YOLO_OFFLINE": "1",  # no DNS probes, analytics or version checks
    "YOLO_AUTOINSTALL": "false",  # no pip behind the user's back
    "ULTRALYTICS_SAFE_LOAD": "1",  # no code from a checkpoint's pickle
    "YOLO_VERBOSE": "false",  # our commands print their own progress
}
# Experiment loggers that ultralytics starts on its own wherever they are installed: they send what is trained to a
# server, or write into the working folder.
_LOGGERS = ("clearml", "comet", "dvc", "mlflow", "raytune", "tensorboard", "wandb")


def cache_dir() -> Path:
    """The folder for files that can be made again: `$XDG_CACHE_HOME/mask-detector`, or a temporary one."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mask-detector"
    try:
        root.mkdir(parents=True, exist_ok=True)
        if os.access(root, os.W_OK):
            return root
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="mask-detector-"))


def import_ultralytics() -> ModuleType:
    """Import ultralytics with every switch set; call this before any other import from it.

    Returns:
        The module `ultralytics`.
    """
    os.environ.update(_SWITCHES)
    os.environ.setdefault("OMP_NUM_THREADS", str(available_cores()))  # ultralytics would leave torch a single thread
    ours = "ultralytics" not in sys.modules
    if ours:
        os.environ.setdefault("YOLO_CONFIG_DIR", str(cache_dir()))
    import PIL.Image

    open_picture = PIL.Image.open
    import ultralytics
    from ultralytics.utils import USER_CONFIG_DIR

    if ours:
        PIL.Image.open = open_picture  # its own asks for a package, aloud, whenever a file is no picture
    _switch_off_loaded()
    _provide_fonts(Path(USER_CONFIG_DIR))
    return ultralytics


def _switch_off_loaded() -> None:
    """Switch off what has no variable, and what was read from the environment if the user imported ultralytics first.

    `ULTRALYTICS_SAFE_LOAD` is not among it: `detector.model.weights` decides that for each file.
    """
    from ultralytics import utils
    from ultralytics.utils import checks, events

    for module in (utils, checks):
        module.AUTOINSTALL = module.ONLINE = False
    events.events.enabled = False
    for name in _LOGGERS:
        dict.__setitem__(utils.SETTINGS, name, False)  # its own method would save that to the user's settings file


def switch_off_ultralytics() -> None:
    """Do so where the program has imported it without us: it changes Pillow's `open`, which then calls pip."""
    if sys.modules.get("ultralytics") is not None:
        _switch_off_loaded()


def _provide_fonts(folder: Path) -> None:
    """Put a font where ultralytics looks before it would download Arial."""
    for name in ("Arial.ttf", "Arial.Unicode.ttf"):
        target = folder / name
        if target.exists():
            continue
        # Found without importing it: that takes long, and makes a folder in the user's home.
        spec = find_spec("matplotlib")
        if spec is None or spec.origin is None:
            return
        source = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
        if not source.is_file():
            return
        with writing(target) as path:
            shutil.copyfile(source, path)


def import_openvino() -> ModuleType:
    """Import openvino without its telemetry; call this before any other import of openvino or nncf.

    Either of them would report its import, conversions and quantisations to a server, and leave an identifier in the
    user's home.

    Returns:
        The module `openvino`.
    """
    # As if the telemetry were not installed, which both take well. Where the user imported openvino first, it is there
    # already, and what it is told from now on goes nowhere.
    telemetry = sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    if telemetry is not None:
        telemetry.main.TelemetrySender.send = lambda *_: None
    import openvino

    module: ModuleType = openvino
    return module


@contextmanager
def quiet_opencv() -> Iterator[None]:
    """Keep OpenCV's own lines off the terminal: what goes wrong is told by our errors."""
    import cv2

    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)


@contextmanager
def quietly() -> Iterator[None]:
    """Keep warnings, log lines, and the progress bars of NNCF, off the terminal; errors reach the caller as such."""
    import rich

    console, level = rich.get_console(), logging.root.manager.disable  # NNCF draws on the console that rich shares
    quiet, console.quiet = console.quiet, True
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
        console.quiet = quiet
