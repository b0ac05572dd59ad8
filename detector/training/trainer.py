"""ultralytics' trainer with the changes of this project.

- Labels are read by `converters.formats.yolo`. ultralytics' own scan would write a pickled cache beside the user's
  data, and rewrite pictures that it finds truncated.
- Checkpoints are replaced atomically.
- On a processor with bfloat16 instructions, the network runs in bfloat16 on channels-last tensors
  (`benchmarks/train_step.py` prints the gain on a CPU). The loss stays in single precision: in bfloat16, which
  ultralytics offers for both, boxes far from the picture's corner would be misplaced by up to 1.6 pixels.

The classes are at the top level of the module, because training on several GPUs pickles them by name.
"""
# ruff: noqa: E402  (the switches must be set before ultralytics is imported)

from detector.libraries import import_ultralytics

import_ultralytics()

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from ultralytics.models.yolo.detect import DetectionTrainer
from ultralytics.nn.distill_model import DistillationModel
from ultralytics.utils import LOGGER, RANK
from ultralytics.utils.torch_utils import strip_optimizer, unwrap_model

from detector.device import available_cores
from detector.files import writing
from detector.model.checkpoints import known_layers_only, network_of, read_checkpoint
from detector.training.augmented import AugmentedDataset
from detector.training.carry_over import carry_over
from detector.training.labelled import LabelledDataset


class MaskTrainer(DetectionTrainer):  # type: ignore[misc]  # ultralytics has no types
    """DetectionTrainer on `LabelledDataset`, with atomic checkpoints and bfloat16 where the processor has it.

    Args:
        trust: Run the code that the pickle of the weights to start from asks for.
    """

    model: Any
    epoch: int
    last: Path
    best: Path

    def __init__(self, *args: Any, trust: bool = False, **kwargs: Any) -> None:
        self._trust = trust
        self.measured_epoch = -1
        self.on_note: Callable[[str], None] = LOGGER.info if RANK in {-1, 0} else lambda note: None
        super().__init__(*args, **kwargs)
        if self.device.type == "cpu":
            # ultralytics leaves a core free for loader processes, which it does not start on a CPU.
            torch.set_num_threads(available_cores())
        self._choose_precision()

    def _choose_precision(self) -> None:
        """Pick the precision here: ultralytics would download a model to test mixed precision on a GPU."""
        wanted = self.args.amp not in {False, "fp32"}
        self.bfloat16 = wanted and _has_bfloat16(self.device)
        self.args.amp = wanted and self.device.type == "cpu"  # ultralytics' own precision; it has none on a CPU

    def build_dataset(self, img_path: str, mode: str = "train", batch: int | None = None) -> LabelledDataset:
        """Build the dataset of one split; see `ultralytics.data.build_yolo_dataset`."""
        augmented = mode == "train" and self.data.get("augmentation")
        return (AugmentedDataset if augmented else LabelledDataset)(
            split=mode,
            img_path=img_path,
            imgsz=self.args.imgsz,
            batch_size=batch,
            augment=mode == "train",
            hyp=self.args,
            rect=self.args.rect or mode == "val",
            cache=self.args.cache or None,
            single_cls=self.args.single_cls or False,
            stride=max(int(unwrap_model(self.model).stride.max()), 32),
            pad=0.0 if mode == "train" else 0.5,
            prefix=f"{mode}: ",
            task=self.args.task,
            classes=self.args.classes,
            data=self.data,
            fraction=self.args.fraction if mode == "train" else 1.0,
        )

    def check_resume(self, overrides: dict[str, Any]) -> None:
        """Take the settings of the checkpoint to go on from; see `BaseTrainer`.

        Raises:
            WeightsError: It cannot be loaded, or runs code when loaded.
        """
        if self.args.resume:
            read_checkpoint(Path(self.args.resume))  # ultralytics, which loads it by its path, might run that code
        super().check_resume(overrides)

    def setup_model(self) -> dict[str, Any] | None:
        """Load the network to start from, or build it from its description.

        Returns:
            The checkpoint that the network comes from; None for a description.

        Raises:
            WeightsError: It cannot be loaded or built, or runs code when loaded and is not trusted.
        """
        if isinstance(self.model, torch.nn.Module):
            return None
        checkpoint: dict[str, Any] | None
        path = Path(self.model)
        if path.suffix.lower() != ".pt":
            with known_layers_only(path):
                checkpoint = super().setup_model()
            return checkpoint
        checkpoint = read_checkpoint(path, trust=self._trust)
        network = network_of(checkpoint, path)
        with known_layers_only(path):
            if isinstance(network, DistillationModel):  # of a training that is resumed: it ran no code above
                checkpoint = super().setup_model()
            else:
                self.model = self.get_model(cfg=network.yaml, weights=network, verbose=RANK in {-1, 0})
        return checkpoint

    def get_model(self, cfg: Any = None, weights: Any = None, verbose: bool = True) -> Any:
        """Build the network, and carry the weights over into it; see `carry_over`."""
        if weights is None or self.resume:
            return super().get_model(cfg, weights, verbose)
        network = super().get_model(cfg, None, verbose)
        self.on_note(carry_over(network, weights, self.data["names"], by_name=self.args.cls_remap))
        return network

    def _setup_train(self) -> None:
        if self.args.distill_model is not None:
            read_checkpoint(Path(self.args.distill_model))  # ultralytics, which loads it by its path, might run code
        wanted = self.args.imgsz
        super()._setup_train()
        if self.args.imgsz != wanted:
            multiple = f"a multiple of the network's stride, {self.stride}"
            self.on_note(f"`imgsz` {wanted} is rounded up to {self.args.imgsz}, {multiple}.")
        if self.bfloat16 or self.device.type == "cpu":
            self.model = self.model.to(memory_format=torch.channels_last)
        if self.bfloat16:
            network = unwrap_model(self.model)
            network.predict = _in_bfloat16(network.predict, self.device.type)

    def validate(self) -> Any:
        """Measure the network on the validation pictures; with `val=False` only after the last epoch."""
        self.measured_epoch = self.epoch
        return super().validate()

    def _load_checkpoint_state(self, ckpt: dict[str, Any]) -> None:
        network = unwrap_model(self.model)
        wrapped = network.__dict__.pop("predict", None)  # the average is a deep copy of the model: not of this
        super()._load_checkpoint_state(ckpt)
        if wrapped is not None:
            network.predict = wrapped

    def save_model(self) -> bool:
        """Write `last.pt`, and `best.pt` where it is the best so far, each replaced in one step."""
        last, best = self.last, self.best
        self.last, self.best = last.with_suffix(".tmp"), best.with_suffix(".tmp")
        try:
            saved = bool(super().save_model())
            for temporary, path in ((self.best, best), (self.last, last)):
                if temporary.exists():
                    temporary.replace(path)
        finally:
            self.last.unlink(missing_ok=True)
            self.best.unlink(missing_ok=True)
            self.last, self.best = last, best
        return saved

    def final_eval(self) -> None:
        """Shrink the checkpoints to what inference needs. The evaluation is `detector.evaluation`'s."""
        if RANK in {-1, 0}:
            shrink_checkpoints(self.wdir)


def shrink_checkpoints(folder: Path) -> None:
    """Reduce `best.pt` and `last.pt` to what inference needs.

    `last.pt` comes last: a training whose `last.pt` is small has nothing left to shrink.

    Raises:
        WeightsError: One cannot be loaded, or runs code when loaded.
        OutputError: The folder cannot be written to.
    """
    for path in (folder / "best.pt", folder / "last.pt"):
        if path.exists():
            read_checkpoint(path)  # `strip_optimizer`, which loads it too, would run code from it
            with writing(path) as temporary:
                strip_optimizer(path, s=str(temporary))


def _has_bfloat16(device: torch.device) -> bool:
    if device.type == "cpu":
        return bool(getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)())  # torch has no public name for it
    return device.type == "cuda" and bool(torch.cuda.is_bf16_supported(including_emulation=False))


def _in_bfloat16(predict: Callable[..., Any], device_type: str = "cpu") -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        with torch.autocast(device_type, dtype=torch.bfloat16):
            return _to_float(predict(*args, **kwargs))

    return wrapped


def _to_float(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.float()
    if isinstance(value, dict):
        return {key: _to_float(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_to_float(item) for item in value)
    return value
