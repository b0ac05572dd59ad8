import pytest

from converters.reading.picture_names import picture_names


@pytest.mark.parametrize(
    ("stated", "names"),
    [
        ("a.jpg", ("a.jpg",)),
        ("C:\\set\\a.jpg", ("C:\\set\\a.jpg",)),
        ("my%20face.jpg", ("my%20face.jpg", "my face.jpg")),
        ("100%.jpg", ("100%.jpg",)),
        ("https://example.com/x/my%20face.jpg?Expires=1&d#top", ("/x/my face.jpg",)),
        ("s3://bucket/x/a.jpg", ("/x/a.jpg",)),
        ("file:C:/set/a.jpg", ("C:/set/a.jpg",)),
        ("/data/local-files/?d=set/a%20b.jpg", ("set/a b.jpg",)),
        ("http://[broken/a.jpg", ("http://[broken/a.jpg",)),
        ("data:image/png;base64,AAAA", ()),
        ("x" * 5000, ()),
        ("  ", ()),
        (None, ()),
        (5, ()),
    ],
)
def test_names_of_a_picture(stated, names):
    assert picture_names(stated) == names


def test_each_name_once_and_the_best_first():
    assert picture_names("b.jpg", None, "a.jpg", "b.jpg") == ("b.jpg", "a.jpg")
