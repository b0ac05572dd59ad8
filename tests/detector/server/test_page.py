"""The page, in a real browser."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from detector import Detector
from detector.monitor.config.watch import load_config
from detector.people.states import State, StateChange
from detector.training.run import train
from support.browser import SIZES, chromium, drop, violations
from support.sample_pictures import picture, save_video
from support.serving import Served, jpeg
from support.tiny_weights import save_tiny
from support.waiting import wait_until

Serve = Callable[..., Served]
LONG = 120_000  # milliseconds: a busy machine is no failure

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens a page, and fails at the end if it had an error or asked another server for anything."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def visit(address: str, path: str = "/", *, size: str = "desktop", ready: bool = True, **options: Any) -> Any:
        context = browser.new_context(viewport=SIZES[size], accept_downloads=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(LONG)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if "Content Security" in message.text else None)
        page.on("request", lambda request: wrong.append(request.url) if foreign(request.url, address) else None)
        page.goto(address + path)
        if ready:
            page.wait_for_selector("html[data-ready]")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert wrong == []


def foreign(url: str, address: str) -> bool:
    return not url.startswith((address, "blob:", "data:"))


def posts(page: Any) -> list[str]:
    made: list[str] = []
    page.on("request", lambda request: made.append(request.url) if request.method == "POST" else None)
    return made


@pytest.mark.essential
def test_a_dropped_picture_shows_the_faces_that_predict_finds(
    serve: Serve, visit: Callable[..., Any], detector: Detector, assets: Path
) -> None:
    content = (assets / "bus.jpg").read_bytes()
    page = visit(serve(detector).address)
    drop(page, "bus.jpg", "image/jpeg", content)
    page.get_by_text("in 1 of 1 files").wait_for()
    expected = [face for face in detector.predict([content], conf=0.05)[0] if face.confidence > detector.conf]
    assert page.locator("#picture g.face").count() == len(expected)
    rows = page.locator("#table tbody tr").all_inner_texts()
    assert [row.split("\t")[1] for row in rows] == [face.label.replace("_", " ") for face in expected]


def test_the_slider_and_the_switches_act_without_another_request(serve: Serve, visit: Callable[..., Any]) -> None:
    page = visit(serve().address)
    made = posts(page)
    drop(page, "a.jpg", "image/jpeg", jpeg(40))
    page.locator("#picture g.face").wait_for()
    assert len(made) == 1
    page.get_by_role("checkbox", name="with mask", exact=False).first.uncheck()
    page.get_by_text("No faces above this confidence.").wait_for()
    page.get_by_role("checkbox", name="with mask", exact=False).first.check()
    page.locator("#picture g.face").wait_for()
    page.locator("#confidence").fill("0.95")
    page.get_by_text("No faces above this confidence.").wait_for()
    assert len(made) == 1


def test_faces_are_blurred_and_seen_again(serve: Serve, visit: Callable[..., Any]) -> None:
    page = visit(serve().address)
    drop(page, "a.jpg", "image/jpeg", jpeg(40))
    page.locator("#picture g.face").wait_for()
    page.get_by_label("Faces blurred").check()
    page.locator("#picture canvas").wait_for()
    assert page.locator("#picture img").count() == 0
    page.get_by_label("Original").check()
    page.locator("#picture img").wait_for()
    assert page.locator("#picture g.face").count() == 0


@pytest.mark.parametrize(
    ("button", "name"), [("JSON", "a.json"), ("CSV", "a.csv"), ("YOLO", "a.txt"), ("Annotated copy", "a-annotated.jpg")]
)
def test_what_is_seen_is_downloaded(serve: Serve, visit: Callable[..., Any], button: str, name: str) -> None:
    page = visit(serve().address)
    drop(page, "a.jpg", "image/jpeg", jpeg(40))
    page.locator("#picture g.face").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    assert download.value.suggested_filename == name
    content = Path(download.value.path()).read_bytes()
    if button == "JSON":
        assert [face["label"] for face in json.loads(content)["faces"]] == ["with_mask"]
    elif button == "YOLO":
        assert content == b"0 0.500000 0.500000 0.968750 0.916667\n"
    elif button == "CSV":
        assert content.startswith(b"source,frame,") and b"a.jpg,0,,with_mask,0.9000,1.00," in content
    else:
        assert content.startswith(b"\xff\xd8")


def test_what_cannot_be_read_says_why_and_the_others_are_shown(serve: Serve, visit: Callable[..., Any]) -> None:
    page = visit(serve().address)
    files = [
        {"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"},
        {"name": "b.jpg", "mimeType": "image/jpeg", "buffer": jpeg(200)},
    ]
    page.locator("#files").set_input_files(files)
    page.get_by_text("1 could not be read.").wait_for()
    assert "not a picture" in page.locator("#problem").inner_text()
    page.get_by_role("button", name="b.jpg").click()
    assert "mask worn incorrectly" in page.locator("#table").inner_text()


def test_a_name_that_is_markup_is_shown_as_text(serve: Serve, visit: Callable[..., Any]) -> None:
    page = visit(serve().address)
    drop(page, "<img src=x onerror=alert(1)>.jpg", "image/jpeg", jpeg())
    page.locator("#picture g.face").wait_for()
    assert page.locator("#result-title").inner_text() == "<img src=x onerror=alert(1)>.jpg"


def test_the_camera_gives_a_picture(serve: Serve, visit: Callable[..., Any]) -> None:
    page = visit(serve().address, permissions=["camera"])
    page.get_by_role("button", name="Use the camera").click()
    page.wait_for_timeout(1000)  # the first frame of the camera
    page.get_by_role("button", name="Take a picture").click()
    page.locator("#picture g.face").wait_for()
    assert page.locator("#result-title").inner_text().startswith("camera-")


def test_a_video_is_looked_at_and_shown_with_its_results(
    serve: Serve, visit: Callable[..., Any], detector: Detector, tmp_path: Path
) -> None:
    served = serve(detector)
    page = visit(served.address)
    clip = save_video(tmp_path / "clip.mp4", [picture(seed=i) for i in range(6)])
    page.locator("#files").set_input_files(clip)
    page.get_by_text("Faces in 6 frames.").wait_for()
    assert page.get_by_role("link", name="detections.csv").count() == 1
    assert page.locator("#video video").get_attribute("src").endswith("/results/clip.mp4")
    assert violations(page) == []
    page.get_by_role("button", name="Delete from the server").click()
    page.locator("#result").wait_for(state="hidden")
    assert not any((served.state.folder / "videos").iterdir())


def test_a_video_that_cannot_be_read_says_why(serve: Serve, visit: Callable[..., Any]) -> None:
    page = visit(serve().address)
    drop(page, "clip.mp4", "video/mp4", b"no video")
    page.get_by_text("neither a video").wait_for()


@pytest.fixture
def correcting(serve: Serve, visit: Callable[..., Any], tmp_path: Path) -> Any:
    page = visit(serve(collect=tmp_path / "faces").address)
    drop(page, "a.jpg", "image/jpeg", jpeg(40, 480, 640))
    page.get_by_role("button", name="Correct").click()
    return page


def test_a_corrected_label_is_saved_and_trained_on(correcting: Any, tmp_path: Path) -> None:
    page = correcting
    page.get_by_label("Class of face 1").select_option("without_mask")
    assert violations(page) == []
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved. The dataset has 1 picture.").wait_for()
    (labels,) = (tmp_path / "faces/labels").rglob("*.txt")
    assert labels.read_text().split()[0] == "1"
    weights = save_tiny(tmp_path / "tiny.pt")
    data = tmp_path / "faces/data.yaml"
    trained = train([data], out=tmp_path / "run", weights=weights, epochs=1, imgsz=64, batch=2, device="cpu")
    assert trained is not None
    assert (tmp_path / "run/best.pt").is_file()


def test_boxes_are_drawn_moved_and_removed_with_the_pointer(correcting: Any, tmp_path: Path) -> None:
    page = correcting
    page.get_by_role("button", name="Remove face 1").click()
    page.get_by_text("No faces above").wait_for()
    place = page.locator("#picture svg").bounding_box()
    scale = 640 / place["width"]

    def drag(start: tuple[int, int], end: tuple[int, int]) -> None:
        page.mouse.move(place["x"] + start[0] / scale, place["y"] + start[1] / scale)
        page.mouse.down()
        page.mouse.move(place["x"] + end[0] / scale, place["y"] + end[1] / scale, steps=3)
        page.mouse.up()

    page.get_by_label("Class of new boxes").select_option("mask_worn_incorrectly")
    drag((100, 100), (200, 220))
    drag((150, 150), (170, 160))  # moves it
    drag((220, 230), (240, 250))  # its corner
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    (labels,) = (tmp_path / "faces/labels").rglob("*.txt")
    class_id, *values = map(float, labels.read_text().split())
    assert class_id == 2
    centre_x, centre_y, width, height = (v * s for v, s in zip(values, (640, 480, 640, 480), strict=True))
    assert [centre_x, centre_y, width, height] == pytest.approx([180, 180, 120, 140], abs=3)


def test_boxes_are_corrected_by_keyboard_alone(correcting: Any, tmp_path: Path) -> None:
    page = correcting
    page.get_by_role("button", name="Remove face 1").press("Enter")
    page.get_by_role("button", name="Add a box").press("Enter")
    for key in ("2", "ArrowRight", "Shift+ArrowDown"):
        page.keyboard.press(key)
    page.get_by_role("button", name="Save").press("Enter")
    page.get_by_text("Saved.").wait_for()
    (labels,) = (tmp_path / "faces/labels").rglob("*.txt")
    class_id, *values = map(float, labels.read_text().split())
    assert class_id == 1
    assert values == pytest.approx([322 / 640, 241 / 480, 96 / 640, 98 / 480], abs=2e-3)


def test_what_is_discarded_is_as_before(correcting: Any) -> None:
    page = correcting
    page.get_by_label("Class of face 1").select_option("without_mask")
    page.get_by_role("button", name="Discard").click()
    page.get_by_role("img", name="Face 1: with mask, confidence 0.90").wait_for()


def test_boxes_are_reached_by_the_keyboard_and_say_what_they_are(serve: Serve, visit: Callable[..., Any]) -> None:
    page = visit(serve().address)
    drop(page, "a.jpg", "image/jpeg", jpeg(40))
    face = page.get_by_role("img", name="Face 1: with mask, confidence 0.90")
    face.wait_for()
    page.locator("#camera").focus()
    page.keyboard.press("Tab")
    assert face.evaluate("node => node === document.activeElement")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [*SIZES])
def test_the_page_is_accessible_and_fits(serve: Serve, visit: Callable[..., Any], size: str, scheme: str) -> None:
    page = visit(serve().address, size=size, color_scheme=scheme)
    assert violations(page) == []
    files = [{"name": f"{i}.jpg", "mimeType": "image/jpeg", "buffer": jpeg(40 * i)} for i in range(1, 6)]
    page.locator("#files").set_input_files(files)
    page.get_by_text("in 5 of 5 files").wait_for()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]


@pytest.mark.parametrize("size", [*SIZES])
def test_the_live_view_shows_every_camera(serve: Serve, visit: Callable[..., Any], tmp_path: Path, size: str) -> None:
    clip = save_video(tmp_path / "clip.mp4", [picture(120, 160, seed=i) for i in range(250)])
    line = "{name: a door at the back of the house with a long name, points: [[0.1, 0.5], [0.9, 0.5]]}"
    cameras = "".join(f"  - {{source: {clip}, name: {name}, lines: [{line}]}}\n" for name in ("left", "right"))
    (tmp_path / "watch.yaml").write_text(f"cameras:\n{cameras}store:\n  url: sqlite:///{tmp_path}/events.db\n")
    page = visit(serve(watch=load_config(tmp_path / "watch.yaml")).address, "/live", size=size)
    for name in ("left", "right"):
        page.get_by_role("img", name=f"Newest picture of {name}").wait_for()
    page.get_by_text("left: camera up").wait_for()
    page.get_by_role("rowheader", name="a door at the back").first.wait_for()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]


def test_the_clip_of_an_event_is_played(serve: Serve, visit: Callable[..., Any], tmp_path: Path) -> None:
    source = save_video(tmp_path / "source.mp4", [picture(120, 160, seed=i) for i in range(100)])
    (tmp_path / "watch.yaml").write_text(
        f"cameras:\n  - {{source: {source}, name: left}}\nclips:\n  folder: {tmp_path}/clips\n"
        f"store:\n  url: sqlite:///{tmp_path}/events.db\n"
    )
    served = serve(watch=load_config(tmp_path / "watch.yaml"))
    change = StateChange("left", datetime.now(UTC), 3, State.UNDECIDED, State.WITHOUT_MASK, 0.9, (1, 2, 3, 4))
    for name in ("there.mp4", "gone.mp4"):
        served.state.ready().live._note(replace(change, clip=str(tmp_path / "clips" / name)))  # type: ignore[union-attr]
    save_video(tmp_path / "clips" / "there.mp4", [picture(120, 160, seed=i) for i in range(20)])
    page = visit(served.address, "/live")
    buttons = page.get_by_role("button", name="Clip of left: person 3")
    buttons.nth(1).click()
    wait_until(lambda: page.locator("#clip").evaluate("video => video.videoWidth") == 160)
    assert violations(page) == []
    page.get_by_role("button", name="Close").click()
    assert page.locator("#clip-problem").is_hidden()
    buttons.nth(0).click()
    page.get_by_text("The clip is not written yet, or is deleted.").wait_for()


def test_the_token_is_asked_for_once_and_kept_in_a_cookie_that_scripts_cannot_read(
    serve: Serve, visit: Callable[..., Any]
) -> None:
    page = visit(serve(token="the secret of this test").address, ready=False)
    assert page.url.endswith("/login")
    assert violations(page) == []
    page.get_by_label("Token").fill("another")
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("not the token").wait_for()
    page.get_by_label("Token").fill("the secret of this test")
    page.get_by_role("button", name="Continue").click()
    page.wait_for_selector("html[data-ready]")
    (cookie,) = page.context.cookies()
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict"
    assert "secret" not in cookie["value"]
    assert page.evaluate("document.cookie") == ""
