import pytest

from detector.device import resolve_device
from detector.errors import UsageError
from detector.settings import DetectorSettings


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)


@pytest.mark.usefixtures("two_gpus")
@pytest.mark.parametrize(
    ("given", "index"), [(0, "0"), ("0", "0"), ("cuda:0", "0"), ("CUDA", "0"), (1, "1"), ("cuda:1", "1"), (" 1 ", "1")]
)
def test_a_gpu_has_several_names(given: str | int, index: str) -> None:
    assert resolve_device(str(DetectorSettings(device=given).device)) == index


@pytest.mark.usefixtures("two_gpus")
@pytest.mark.parametrize("given", [2, "cuda:2", "cuda:x", "gpu"])
def test_a_gpu_that_is_not_there_is_refused(given: str | int) -> None:
    with pytest.raises(UsageError, match=r"^device: "):
        resolve_device(str(DetectorSettings(device=given).device))
