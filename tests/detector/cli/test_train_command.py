import pytest

from detector.cli.app import main


@pytest.mark.parametrize("value", ["[", "2026-13-45", "!!bool maybe"])
def test_setting_that_is_no_yaml_is_one_clear_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], value: str
) -> None:
    monkeypatch.setattr("sys.argv", ["detector", "train", "data.yaml", "--set", f"mosaic={value}"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert f"--set mosaic={value}: a value that is not YAML" in " ".join(capsys.readouterr().err.split())


def test_resume_with_more_epochs_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["detector", "train", "--resume", "--out", "run", "--epochs", "60"])
    with pytest.raises(SystemExit) as end:
        main()
    printed = " ".join(capsys.readouterr().err.split())
    assert end.value.code == 2
    assert "detector train DATA.yaml --weights OUT/best.pt --epochs N" in printed


@pytest.mark.parametrize("options", [["--folds", "3", "--curve"], ["--check", "--folds", "3"], ["--resume", "--curve"]])
def test_only_one_way_to_train_at_a_time(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["detector", "train", "data.yaml", *options])
    with pytest.raises(SystemExit) as end:
        main()
    printed = " ".join(capsys.readouterr().err.split())
    assert end.value.code == 2
    assert f"{options[0]}: given together with {options[-1] if options[-1].startswith('--') else '--folds'}" in printed
