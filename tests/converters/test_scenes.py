import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from converters.pictures import decode_small
from converters.scenes import connected_groups, find_scenes, pairs_of_kept
from converters.signature import FEATURES, SIDE, SignatureStore, describe
from support.annotated_sets import draw_scene


def scenes(pictures, folder: Path) -> list[tuple[int, int]]:
    with SignatureStore(folder, len(pictures)) as store:
        for index, picture in enumerate(pictures):
            if picture is not None:
                store[index] = describe(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))
        return find_scenes(store)


def reencoded(picture):
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_COLOR)


def noisy(picture):
    noise = np.random.default_rng(0).normal(0, 6, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


CHANGES = {
    "copy": lambda picture: picture.copy(),
    "re-encoding": reencoded,
    "smaller": lambda picture: cv2.resize(picture, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA),
    "larger": lambda picture: cv2.resize(picture, None, fx=1.7, fy=1.7),
    "other proportions": lambda picture: cv2.resize(picture, None, fx=1, fy=0.95),
    "crop": lambda picture: picture[30:220, 40:300],
    "crop to half": lambda picture: picture[:, : picture.shape[1] // 2],
    "shift": lambda picture: np.roll(picture, 25, axis=1),
    "brighter": lambda picture: cv2.convertScaleAbs(picture, alpha=1.0, beta=20),
    "border": lambda picture: cv2.copyMakeBorder(picture, 30, 30, 30, 30, cv2.BORDER_CONSTANT),
    "slight turn": lambda picture: cv2.warpAffine(
        picture, cv2.getRotationMatrix2D((160, 120), 5, 1.05), (320, 240), borderMode=cv2.BORDER_REPLICATE
    ),
    "noise": noisy,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_changed_copies_are_found_among_other_pictures(tmp_path, change):
    pictures = [draw_scene(seed) for seed in range(10)]
    assert scenes([*pictures, change(pictures[3])], tmp_path) == [(3, 10)]


def test_different_pictures_are_not_linked(tmp_path):
    assert scenes([draw_scene(seed) for seed in range(40)], tmp_path) == []


def test_the_same_thing_in_another_place_is_not_the_same_scene(tmp_path):
    first, second = draw_scene(1), draw_scene(2)
    face = draw_scene(3, 80, 80)
    first[80:160, 120:200] = face
    second[90:170, 100:180] = face
    assert scenes([first, second], tmp_path) == []


def test_copies_without_texture_are_found_by_their_thumbnail(tmp_path):
    ramp = np.repeat(np.linspace(0, 255, 200, dtype=np.uint8)[None, :, None], 150, axis=0).repeat(3, axis=2)
    assert scenes([ramp, ramp[:, ::-1], reencoded(ramp)], tmp_path) == [(0, 2)]


def test_positions_that_were_never_filled_are_in_no_pair(tmp_path):
    assert scenes([None, draw_scene(1), None, draw_scene(1)], tmp_path) == [(1, 3)]


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_to_compare(tmp_path, count):
    assert scenes([draw_scene(1)] * count, tmp_path) == []


def test_tiny_pictures_do_no_harm(tmp_path):
    assert scenes([np.zeros((1, 1, 3), np.uint8), np.full((1, 900, 3), 255, np.uint8), draw_scene(1)], tmp_path) == []


def test_many_copies_become_one_group(tmp_path):
    picture = draw_scene(1)
    pictures = [noisy(picture) if number % 2 else picture for number in range(30)]
    assert len(connected_groups(30, scenes(pictures, tmp_path))) == 1


def test_order_of_the_pictures_does_not_change_what_is_linked(tmp_path):
    pictures = [draw_scene(seed) for seed in range(8)]
    pictures += [CHANGES["crop"](pictures[2]), CHANGES["shift"](pictures[5])]
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    backwards = scenes(pictures[::-1], tmp_path / "b")
    assert scenes(pictures, tmp_path / "a") == sorted((9 - b, 9 - a) for a, b in backwards)


def test_signature_keeps_to_its_bounds():
    signature = describe(draw_scene(1, 1000, 700)[:, :, 0].copy())
    assert 0 < len(signature.points) == len(signature.descriptors) <= FEATURES
    assert signature.points.max() < SIDE
    assert signature.thumbnail.shape == (17, 24)


def test_groups_join_pairs_through_others():
    assert connected_groups(6, [(4, 5), (0, 2), (2, 5)]) == [[0, 2, 4, 5], [1], [3]]


@pytest.mark.slow
def test_known_pairs_of_the_real_set_stay_together_without_giant_groups(tmp_path, shared):
    folder = shared / "data/face-mask-detection"
    paths = sorted((folder / "images").iterdir())
    with SignatureStore(tmp_path, len(paths)) as store:
        for index, path in enumerate(paths):
            store[index] = describe(decode_small(path, SIDE)[1])
        groups = connected_groups(len(paths), find_scenes(store))
    group_of = {paths[index].name: number for number, group in enumerate(groups) for index in group}
    with (folder / "same-scene.csv").open(newline="") as file:
        pairs = [(row["image_a"], row["image_b"]) for row in csv.DictReader(file)]
    assert sum(group_of[a] == group_of[b] for a, b in pairs) >= 34
    assert max(map(len, groups)) <= 6
    assert sum(len(group) > 1 for group in groups) < 50


def test_the_same_is_found_where_features_do_not_fit_into_memory(tmp_path, monkeypatch):
    pictures = [draw_scene(seed) for seed in range(30)]
    pictures += [CHANGES["crop"](pictures[2]), CHANGES["shift"](pictures[25]), *[pictures[7]] * 10]
    for name in ("whole", "parts"):
        (tmp_path / name).mkdir()
    whole = scenes(pictures, tmp_path / "whole")
    monkeypatch.setattr("converters.scene_proposals._PART", 700)
    monkeypatch.setattr("converters.scene_proposals._BLOCK", 4)
    monkeypatch.setattr("converters.signature._BLOCK", 7)
    assert (
        scenes(pictures, tmp_path / "parts") == whole == [(2, 30), *((7, number) for number in range(32, 42)), (25, 31)]
    )
    assert [path.name for path in (tmp_path / "parts").iterdir()] == ["signatures"]


def test_the_store_gives_back_what_was_put_in(tmp_path):
    signature = describe(draw_scene(1)[:, :, 0].copy())
    with SignatureStore(tmp_path, 3) as store:
        store[1] = store[2] = signature
        assert (store[2].points == signature.points).all()
        assert (store[2].descriptors == signature.descriptors).all()
        assert (store[2].thumbnail == signature.thumbnail).all()
        assert len(store[0].points) == store[0].thumbnail.size == 0
        assert store.firsts().tolist() == [0, 1, 1]


def test_scenes_stay_together_where_the_picture_that_links_them_is_left_out():
    assert pairs_of_kept([(0, 1), (1, 2), (3, 4)], {0: 0, 2: 1, 3: 2, 4: 3}, 5) == [(0, 1), (2, 3)]
    assert pairs_of_kept([(0, 1), (1, 2)], {0: 0, 1: 1, 2: 2}, 3) == [(0, 1), (1, 2)]
    assert pairs_of_kept([(0, 1)], {1: 0}, 2) == []
