"""The options of `detector infer` that need more than a type: how they are read, and which go together."""

from collections.abc import Sequence

from detector.errors import OptionError, UsageError


def parse_save(value: str) -> tuple[str, ...] | None:
    """The kinds of results, or None.

    Raises:
        UsageError: There is no such kind.
    """
    from detector.inference.outputs.kinds import SAVES

    wanted = tuple(part.strip() for part in value.split(","))
    if wanted == ("none",):
        return None
    if unknown := [part for part in wanted if part not in SAVES]:
        raise UsageError("--save", f"{', '.join(map(repr, unknown))}", f"some of {','.join(SAVES)}, or none")
    return wanted


def parse_classes(value: str | None, names: Sequence[str], saves: Sequence[str]) -> list[int] | None:
    """The ids of classes given with commas between, by name or id; None: all.

    Raises:
        UsageError: There is no such class, or results are to be written that need all classes.
    """
    from detector.detections.classes import class_ids
    from detector.inference.outputs.names import PEOPLE

    if value is None:
        return None
    if PEOPLE in saves:
        raise OptionError(
            "classes",
            "together with `save` people",
            "one of the two: how people wear their masks is decided from all classes",
        )
    parts = [part.strip() for part in value.split(",")]
    return class_ids([int(part) if part.isdecimal() and part not in names else part for part in parts], names)


def collect_inputs(sources: list[str] | None, inputs_from: str | None) -> list[str]:
    """The inputs of the command line and of the list that it names.

    Raises:
        UsageError: There are none, or the list cannot be read.
    """
    from detector.media.input_lists import read_input_list

    inputs = [*(sources or ()), *(read_input_list(inputs_from) if inputs_from is not None else ())]
    if not inputs:
        raise UsageError("SOURCE", "missing", "pictures, folders, videos or a camera; or --inputs-from")
    return inputs


def check_folder_options(out: str | None, saves: tuple[str, ...] | None, *, overwrite: bool, resume: bool) -> None:
    """Refuse options of the output folder that contradict each other.

    Raises:
        UsageError: They do.
    """
    if overwrite and resume:
        raise OptionError("overwrite", "together with `resume`", "one of the two")
    if saves is None and (overwrite or resume):
        raise OptionError("overwrite" if overwrite else "resume", "together with `save` none", "results to write")
    if overwrite and out is None:
        raise OptionError("overwrite", "no `out`", "`out` with the folder whose results are replaced")
