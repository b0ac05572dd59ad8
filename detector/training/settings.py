"""The training settings that differ from ultralytics' defaults, and the check of those a user gives."""

import difflib
from collections.abc import Mapping
from typing import Any

from detector.errors import UsageError
from detector.libraries import import_ultralytics

EPOCHS, IMGSZ, BATCH = 30, 640, 16
REPEAT_RARE = 0.5  # of a class in an eighth of the pictures, each comes twice

# What differs from ultralytics' defaults, and why. `--set` overrides any of it; docs/train.md has the measurements.
SETTINGS: dict[str, Any] = {
    "scale": [0.4, 1.2],  # seen smaller in training, faces are found better at full size; docs/train.md has the figures
    "cls_pw": 0.25,  # the rare class counts more, yet the common ones are not muted as at 1
    "optimizer": "AdamW",  # "auto" would ignore lr0
    "lr0": 0.0007,
    "cos_lr": True,
    "nbs": 16,  # a small set has few steps: take one per batch
    "warmup_epochs": 1.0,
    "warmup_bias_lr": 0.0,  # 0.1 is meant for a head that starts from nothing
    "close_mosaic": 8,  # the last epochs see whole pictures, as inference does
    "patience": 0,  # on a small validation set an early stop is a roll of the dice; `best.pt` is kept anyway
    "plots": False,  # curves.png and `detector eval` draw what is needed
}

# Settings with an option or a place of their own.
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
}


def check_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Check names and values of ultralytics settings.

    Raises:
        UsageError: A name is unknown (the nearest known one is suggested), has an option of its own, or a value is of
            the wrong kind.
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
    return checked
