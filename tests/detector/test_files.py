from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from detector.files import make_folder


def test_threads_may_make_the_same_output_folder(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(make_folder, tmp_path / "out") for _ in range(400)]:
            done.result()
    assert not list((tmp_path / "out").iterdir())
