import re
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np

from detector.evaluation import evaluate
from detector.evaluation.page import write_page
from detector.evaluation.predictions import Result


def make_set(folder: Path, rows: str = "0 0.5 0.5 0.4 0.4\n1 0.1 0.1 0.1 0.1") -> Path:
    for kind in ("images", "labels"):
        (folder / kind).mkdir()
    cv2.imwrite(str(folder / "images" / "a <b>.png"), np.full((100, 100, 3), 90, np.uint8))
    (folder / "labels" / "a <b>.txt").write_text(rows)
    (folder / "data.yaml").write_text("val: images\nnames: [with_mask, without_mask, mask_worn_incorrectly]\n")
    return folder / "data.yaml"


def write_results(path: Path, rows: list[tuple[int, float, list[float]]]) -> Path:
    import json

    results: list[Result] = [
        {"image_id": 1, "file_name": "a <b>.png", "category_id": class_id, "score": score, "bbox": bbox}
        for class_id, score, bbox in rows
    ]
    path.write_text(json.dumps(results))
    return path


class Links(HTMLParser):
    """Everything that a page would load, and the tags that it leaves open."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.links += [value or "" for name, value in attrs if name in {"src", "href"}]


def test_the_page_is_one_file_with_tables_plots_and_mistakes(tmp_path):
    predictions = write_results(tmp_path / "p.json", [(1, 0.9, [30, 30, 40, 40]), (2, 0.8, [70, 70, 20, 20])])
    out = tmp_path / "report"
    evaluate(
        make_set(tmp_path), predictions=predictions, out=out, html=True, resamples=5, want="precision=0.5", by=["size"]
    )
    page = (out / "report.html").read_text(encoding="utf-8")
    links = Links()
    links.feed(page)
    assert links.scripts == 0
    assert links.links
    assert all(link.startswith("data:image/") for link in links.links)
    headings = re.findall("<h2>(.*)</h2>", page)
    for heading in ("Average precision", "By size", "All classes, by confidence", "missed: 1", "wrong label: 1"):
        assert heading in headings
    assert "not annotated: 1" in headings
    assert "a &lt;b&gt;.png" in page
    assert "a <b>" not in page
    assert (out / "conf.txt").exists() is False  # half of the answers are never right


def test_the_page_of_a_split_without_faces_says_so(tmp_path):
    predictions = write_results(tmp_path / "p.json", [(1, 0.9, [30, 30, 40, 40])])
    out = tmp_path / "report"
    evaluate(make_set(tmp_path, ""), predictions=predictions, out=out, html=True, resamples=5)
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "no face is annotated" in page
    assert "<table>" not in page
    assert "not annotated: 1" in page


def test_a_page_is_written_only_if_asked_for_and_one_of_an_earlier_report_goes(tmp_path):
    predictions = write_results(tmp_path / "p.json", [])
    data, out = make_set(tmp_path), tmp_path / "report"
    metrics = evaluate(data, predictions=predictions, out=out, html=True, resamples=5)
    assert (out / "report.html").is_file()
    evaluate(data, predictions=predictions, out=out, overwrite=True, resamples=5)
    assert not (out / "report.html").exists()
    write_page(out, metrics, dict.fromkeys(metrics.mistakes, ()), ["a", "b", "c"])
    assert (out / "report.html").is_file()
