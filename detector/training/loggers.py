"""ultralytics' callbacks for experiment loggers, which are off unless the user switches them on."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec

from detector.errors import OptionError
from detector.libraries import import_ultralytics

LOGGERS = ("tensorboard", "mlflow", "wandb")
"""The loggers that can be switched on; each is the name of the package that it needs."""


def check_loggers(names: Sequence[str], device: str) -> tuple[str, ...]:
    """The names, each once.

    Args:
        names: Names of `LOGGERS`.
        device: As `resolve_device` gives it.

    Raises:
        OptionError: There is no such logger, it is not installed, or the training runs on several GPUs.
    """
    wanted = tuple(dict.fromkeys(names))
    for name in wanted:
        if name not in LOGGERS:
            raise OptionError("logger", repr(name), f"one of {', '.join(LOGGERS)}")
        if find_spec(name) is None:
            raise OptionError("logger", f"{name}, which is not installed", f"the package {name}: pip install {name}")
    if wanted and "," in device:
        raise OptionError("logger", f"given together with several GPUs ({device})", "one GPU, or no logger")
    return wanted


@contextmanager
def switched_on(names: Sequence[str]) -> Iterator[None]:
    """Have the trainers that are made inside this block report to loggers.

    Args:
        names: Names of `LOGGERS`.
    """
    import_ultralytics()
    from ultralytics.utils import SETTINGS

    for name in names:
        dict.__setitem__(SETTINGS, name, True)  # its own method would save that to the user's settings file
    try:
        yield
    finally:
        for name in names:
            dict.__setitem__(SETTINGS, name, False)
