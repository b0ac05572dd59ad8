"""The training settings that differ from ultralytics' defaults, and the check of the user's own settings."""

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from detector.errors import UsageError
from detector.libraries import import_ultralytics

EPOCHS, IMGSZ, BATCH = 30, 640, 16
MAX_LEFT_OUT = 0.1  # of a split's pictures; with more, the cause is a wrong format rather than a few damaged files
REPEAT_RARE = 0.5  # pictures of a class that is in an eighth of all pictures are used twice

# What differs from ultralytics' defaults, and why. `--set` overrides any of it; docs/train.md has the measurements.
SETTINGS: dict[str, Any] = {
    "scale": [0.4, 1.2],  # faces that are smaller in training are found better; docs/train.md has the figures
    "cls_pw": 0.25,  # the rare class counts more; at 1 the common ones would count too little
    "optimizer": "AdamW",  # "auto" ignores lr0
    "lr0": 0.0007,
    "cos_lr": True,
    "nbs": 16,  # one optimizer step a batch, because a small set has few batches
    "warmup_epochs": 1.0,
    "warmup_bias_lr": 0.0,  # ultralytics' 0.1 is for a head with random weights
    "close_mosaic": 8,  # the last epochs train on whole pictures, as in inference
    "patience": 0,  # no early stop: AP on a small validation set varies by chance; `best.pt` is kept anyway
    "plots": False,  # curves.png and the evaluation have plots of their own
}

# Settings that `--set` refuses, and what to use instead.
_RESERVED = {
    "data": "DATA.yaml",
    "model": "--weights",
    "pretrained": "--weights",
    "epochs": "--epochs",
    "imgsz": "--imgsz",
    "batch": "--batch",
    "device": "--device",
    "resume": "--resume",
    "project": "--out",
    "name": "--out",
    "save_dir": "--out",
    "exist_ok": "--out",
    "task": "nothing (only detection is trained)",
    "mode": "nothing (this is training)",
    "cfg": "--set for each setting",
    "single_cls": "nothing (the classes stay apart)",
    "split": "nothing (each epoch is measured on the val split)",
}

# Settings with a fixed set of values, which ultralytics checks late or never.
_VALUES = {
    "optimizer": ("auto", "SGD", "MuSGD", "Adam", "Adamax", "AdamW", "NAdam", "RAdam", "RMSprop"),
    "copy_paste_mode": ("flip", "mixup"),
}


class _Yaml(yaml.SafeLoader):
    """YAML in which 1e-3 is a number: PyYAML wants a dot and a sign in it, which nobody expects."""


_Yaml.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"), list("-+.0123456789")
)


def read_settings(texts: Sequence[str]) -> dict[str, Any]:
    """Read settings written as KEY=VALUE, with values in YAML.

    Raises:
        UsageError: One is not of that form.
    """
    settings = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--set {text}", "no '='", "KEY=VALUE, for example mosaic=0.5")
        try:
            settings[key.strip()] = yaml.load(value, _Yaml)  # noqa: S506  (a SafeLoader)
        except Exception as error:  # PyYAML raises nearly anything for a value such as 2026-13-45
            raise UsageError(f"--set {text}", "a value that is not YAML", "for example scale=[0.7,1.5]") from error
    return settings


def check_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Check names and values of ultralytics settings.

    Raises:
        UsageError: A name or value is unknown (the nearest known one is suggested), a name has an option of its own, or
            a value is of the wrong kind.
    """
    import_ultralytics()
    from ultralytics.cfg import check_cfg
    from ultralytics.utils import DEFAULT_CFG_DICT

    checked = dict(settings)
    for key in checked:
        if key in _RESERVED:
            raise UsageError(f"--set {key}", "not set this way", f"{_RESERVED[key]}")
        if key not in DEFAULT_CFG_DICT:
            near = difflib.get_close_matches(key, set(DEFAULT_CFG_DICT) - set(_RESERVED), n=1)
            raise UsageError(
                f"--set {key}", "no such ultralytics setting", near[0] if near else "one that `yolo cfg` lists"
            )
    if checked.get("cache") == "disk":
        raise UsageError("--set cache", "'disk', which would fill the dataset's folders with .npy files", "ram")
    try:
        check_cfg(checked)
    except (TypeError, ValueError) as error:
        raise UsageError("--set", " ".join(str(error).split()), None) from error
    for key in _VALUES.keys() & checked.keys():
        _check_value(key, checked[key])
    return checked


def _check_value(key: str, value: object) -> None:
    known = {name.lower(): name for name in _VALUES[key]}
    if str(value).lower() not in known:
        near = difflib.get_close_matches(str(value).lower(), known, n=1)
        expected = f"{known[near[0]]}, or another of" if near else "one of"
        raise UsageError(f"--set {key}", f"no such value: {value}", f"{expected} {', '.join(known.values())}")
