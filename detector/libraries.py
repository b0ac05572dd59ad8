"""Imports of other libraries with their switches set, and context managers that keep them from printing.

ultralytics is imported so that it sends nothing, installs no packages and runs no code from weights. OpenVINO is
imported without its telemetry.
"""

import atexit
import functools
import logging
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from converters.process_wide import shared_by_threads, silent_warnings
from detector.device import available_cores
from detector.files import writing

# Forced, not defaults: each one guards a promise that the README makes.
_SWITCHES = {
    "YOLO_OFFLINE": "1",  # no DNS probes, analytics or version checks
    "YOLO_AUTOINSTALL": "false",  # no pip behind the user's back
    "ULTRALYTICS_SAFE_LOAD": "1",  # no code from a checkpoint's pickle
    "YOLO_VERBOSE": "false",  # our commands print their own progress
}
# Experiment loggers that ultralytics starts by itself where they are installed. They send figures to a server, or
# write into the working folder.
_LOGGERS = ("clearml", "comet", "dvc", "mlflow", "raytune", "tensorboard", "wandb")
_SILENT = 0  # LOG_LEVEL_SILENT, a name that OpenCV before 4.13 lacks

_lock = threading.RLock()


def cache_dir() -> Path:
    """The folder for files that can be made again: `$XDG_CACHE_HOME/mask-detector`, by default in `~/.cache`.

    Where that cannot be written to, a temporary folder of this process, which is removed when it ends.
    """
    try:
        root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mask-detector"
        root.mkdir(parents=True, exist_ok=True)
        if os.access(root, os.W_OK):
            return root
    except (OSError, RuntimeError):  # RuntimeError: the user has no home
        pass
    with _lock:
        return _temporary_folder(os.getpid())


@functools.cache
def _temporary_folder(process: int) -> Path:
    """The temporary folder of a process. A forked process has its own: it must not remove the folder of its parent."""
    from multiprocessing.util import Finalize

    folder = Path(tempfile.mkdtemp(prefix="mask-detector-"))

    def remove() -> None:
        if os.getpid() == process:
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    Finalize(None, remove, exitpriority=0)  # processes that multiprocessing forks call nothing of `atexit`
    return folder


def import_ultralytics() -> ModuleType:
    """Import ultralytics with every switch set; call this before any other import from it.

    Returns:
        The module `ultralytics`.
    """
    with _lock:  # Pillow is changed and restored meanwhile
        return _import_ultralytics()


def _import_ultralytics() -> ModuleType:
    os.environ.update(_SWITCHES)
    os.environ.setdefault("OMP_NUM_THREADS", str(available_cores()))  # ultralytics would leave torch a single thread
    ours = "ultralytics" not in sys.modules
    if ours and "YOLO_CONFIG_DIR" not in os.environ:
        os.environ["YOLO_CONFIG_DIR"] = str(cache_dir())
    import PIL.Image

    open_picture = PIL.Image.open
    import ultralytics
    from ultralytics.utils import USER_CONFIG_DIR

    if ours:
        PIL.Image.open = open_picture  # ultralytics' version asks for a package whenever a file is no image
    _switch_off_loaded()
    _provide_fonts(Path(USER_CONFIG_DIR))
    module: ModuleType = ultralytics
    return module


def _switch_off_loaded() -> None:
    """Switch off what environment variables cannot switch off any more, once ultralytics is imported.

    The switch for safe loading is left alone: `detector.model.checkpoints` says for each file what it may do.
    """
    from ultralytics import utils
    from ultralytics.utils import checks, events

    for module in (utils, checks):
        module.AUTOINSTALL = module.ONLINE = False
    events.events.enabled = False
    for name in _LOGGERS:
        dict.__setitem__(utils.SETTINGS, name, False)  # its own method would save that to the user's settings file


def switch_off_ultralytics() -> None:
    """Switch off installations where the program has imported ultralytics by itself.

    ultralytics replaces Pillow's `open` by a version that may call pip.
    """
    if sys.modules.get("ultralytics") is not None:
        _switch_off_loaded()


def _provide_fonts(folder: Path) -> None:
    """Put a font where ultralytics looks for Arial, so that it does not download it."""
    for name in ("Arial.ttf", "Arial.Unicode.ttf"):
        target = folder / name
        if target.exists():
            continue
        # matplotlib is not imported: that takes long, and makes a folder in the user's home.
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

    Both libraries would report their import, conversions and quantisations to a server, and write an identifier into
    the user's home.

    Returns:
        The module `openvino`.
    """
    # None makes the import of the telemetry fail, which both libraries accept. If the program has imported openvino
    # before, the telemetry is loaded already: it gets a function that sends nothing.
    telemetry = sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    if telemetry is not None:
        telemetry.main.TelemetrySender.send = lambda *_: None
    if "openvino" in sys.modules:
        return sys.modules["openvino"]
    # Half of the import is the conversion of other formats. It is imported when it is first called.
    sys.modules["openvino.tools.ovc"] = None  # type: ignore[assignment]  # OpenVINO accepts that too
    try:
        import openvino
    finally:
        del sys.modules["openvino.tools.ovc"]
    module: ModuleType = openvino
    module.convert_model = _convert_model  # type: ignore[attr-defined]
    return module


def _convert_model(*arguments: Any, **options: Any) -> Any:
    """OpenVINO's own function of this name."""
    from openvino.tools.ovc import convert_model

    return convert_model(*arguments, **options)


@shared_by_threads
@contextmanager
def silent_opencv() -> Iterator[None]:
    """Print no log lines of OpenCV; its errors still reach the caller as exceptions or return values."""
    import cv2

    log: Any = cv2.utils.logging if hasattr(cv2.utils, "logging") else cv2  # before OpenCV 4.13 they are in cv2 itself
    level = log.getLogLevel()
    log.setLogLevel(_SILENT)
    try:
        yield
    finally:
        log.setLogLevel(level)


@shared_by_threads
@contextmanager
def silent_logging() -> Iterator[None]:
    """Print no warnings, no log lines and no progress bars of NNCF; errors still reach the caller as exceptions."""
    import rich

    console, level = rich.get_console(), logging.root.manager.disable  # NNCF draws on the console that rich shares
    quiet, console.quiet = console.quiet, True
    logging.disable(logging.CRITICAL)
    try:
        with silent_warnings():
            yield
    finally:
        logging.disable(level)
        console.quiet = quiet


@shared_by_threads
@contextmanager
def silent_pycocotools() -> Iterator[None]:
    """Print no progress of pycocotools.

    It calls `print`, which is replaced in its modules only: `sys.stdout` belongs to all threads, and other threads may
    print.
    """
    from pycocotools import coco, cocoeval

    for module in (coco, cocoeval):
        module.print = lambda *_, **__: None
    try:
        yield
    finally:
        for module in (coco, cocoeval):
            del module.print
