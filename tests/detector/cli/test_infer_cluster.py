"""`detector infer --ray` on the command line: what goes together, and how it ends."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from detector.cluster.run import ClusterRun
from detector.inference.outputs import Totals
from support.commands import Ran


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[ClusterRun]:
    """The runs that the command line asks for; they find one picture that cannot be read."""
    runs: list[ClusterRun] = []

    def run(run: ClusterRun, on_progress: Callable[[Totals, int], None]) -> Totals:
        runs.append(run)
        totals = Totals()
        totals.outcomes.update(read=2, failed=1)
        totals.faces.update(with_mask=3)
        on_progress(totals, 3)
        return totals

    monkeypatch.setattr("detector.cluster.run.run_on_cluster", run)
    return runs


def test_options_reach_the_cluster(infer: Callable[..., Ran], asked: list[ClusterRun]) -> None:
    options = ["--concurrency", 3, "--num-gpus", 0.5, "--batch-size", 8, "--track", "--conf", 0.4, "--resume"]
    ran = infer("s3://bucket/a", "--ray", "--ray-address", "auto", "--out", "s3://bucket/b", *options)
    (run,) = asked
    assert (run.inputs, run.out, run.address, run.existing) == (["s3://bucket/a"], "s3://bucket/b", "auto", "resume")
    assert (run.options.concurrency, run.options.num_gpus, run.options.batch_size) == (3, 0.5, 8)
    assert (run.options.track, run.settings.conf) == (True, 0.4)
    assert ran.status == 1
    assert "3 with_mask" in ran.out
    assert "1 of 3 inputs not read whole; the column reason in s3://bucket/b/inputs says why." in ran.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--concurrency", "2"], "--concurrency: no --ray; expected --ray with it"),
        (["--ray-address", "auto"], "--ray-address: no --ray"),
        (["--out", "s3://bucket/results"], "--out: the address s3://bucket/results; expected a folder, or --ray"),
        (["--ray", "--save", "csv"], "--save: together with --ray"),
        (["--ray", "--blur", "faces"], "--blur: together with --ray"),
        (["--ray", "--batch-size", "0"], "--batch-size: 0; expected a number from 1"),
    ],
)
def test_what_does_not_go_together_is_refused(
    infer: Callable[..., Ran], asked: list[Any], tmp_path: Path, arguments: list[str], message: str
) -> None:
    ran = infer(tmp_path, *arguments)
    assert ran.status == 2
    assert message in ran.err
    assert not asked


def test_a_camera_does_not_go_to_a_cluster(infer: Callable[..., Ran], tmp_path: Path) -> None:
    ran = infer("0", "--ray", "--out", tmp_path / "out", "--ray-address", "local")
    assert ran.status == 2
    assert "a camera, which other machines do not have" in ran.err
