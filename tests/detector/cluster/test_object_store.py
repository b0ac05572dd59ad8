"""Object stores as S3 speaks them: listing, reading, writing, and a bucket that is busy."""

from collections import Counter
from collections.abc import Iterator

import pytest

from detector.cluster import storage
from detector.cluster.inputs import find_inputs
from detector.cluster.storage import Folder, read_all
from support.object_store import ObjectStore, bucket_of, object_store

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def s3() -> Iterator[ObjectStore]:
    with object_store() as store:
        yield store


def put(s3: ObjectStore, *keys: str) -> None:
    for key in keys:
        bucket_of(s3).put_object(Bucket=s3.bucket, Key=key, Body=key.encode())


def test_a_bucket_is_listed_read_and_written(s3: ObjectStore) -> None:
    put(s3, "photos/a/1.jpg", "photos/b/2.png", "photos/b/notes.txt", "other/3.jpg")
    left_out: Counter[str] = Counter()
    found = [each.path for each in find_inputs([f"s3://{s3.bucket}/photos"], "s3://bucket/out", left_out)]
    assert found == ["s3://bucket/photos/a/1.jpg", "s3://bucket/photos/b/2.png"]
    assert left_out == {".txt": 1}
    assert read_all(found) == [b"photos/a/1.jpg", b"photos/b/2.png"]
    folder = Folder("s3://bucket/out")
    assert folder.names() == []
    folder.write("inputs/00000.parquet", b"rows")
    assert folder.read("inputs/00000.parquet") == b"rows"
    assert (folder.names(), folder.names("inputs")) == (["inputs"], ["00000.parquet"])
    assert folder.read("inputs/00001.parquet") is None
    folder.remove("inputs")
    assert folder.names() == []


def test_a_bucket_without_the_key_or_that_is_not_there_is_an_input_with_a_reason(s3: ObjectStore) -> None:
    (gone,) = find_inputs(["s3://bucket/nothing/"], "out", Counter())
    assert gone.reason == "no pictures or videos in it"
    (nowhere,) = find_inputs(["s3://no-such-bucket/x"], "out", Counter())
    assert nowhere.reason is not None


def test_a_busy_bucket_is_asked_again(s3: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage.time, "sleep", lambda seconds: None)
    put(s3, "busy/1.jpg")
    s3.busy = 3
    assert read_all(["s3://bucket/busy/1.jpg"]) == [b"busy/1.jpg"]
    assert s3.busy == 0
