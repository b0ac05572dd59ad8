import pytest

from converters.errors import AnnotationError
from converters.reading.csv_file import read_rows, split_lines

ROWS = [["a", "b"], ["1", "2, 3"]]


@pytest.mark.parametrize(
    "data",
    [
        b'a,b\n1,"2, 3"\n',
        b'a;b\r\n1;"2, 3"',
        b'\n \na;b\n1;"2, 3"',
        b'\xef\xbb\xbfa\tb\r1\t"2, 3"\r',
        b'a,b\n\n1,"2, 3"\n',
        '\ufeffa,b\n1,"2, 3"\n'.encode("utf-16-le"),
        '\ufeffa,b\n1,"2, 3"\n'.encode("utf-16-be"),
    ],
)
def test_separators_line_ends_and_encodings(tmp_path, data):
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    assert read_rows(path) == ROWS


@pytest.mark.parametrize(
    ("data", "message"),
    [(b'a,b\n1,"2\n', "line 2"), (b"a,b\n\xff\n", "not UTF-8 text"), (b"\xff\xfea", "not UTF-16"), (b"a\0,b\n1,2", "")],
)
def test_other_files_are_refused(tmp_path, data, message):
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    try:
        rows = read_rows(path)
    except AnnotationError as error:
        assert message in error.found
    else:
        assert not message, rows


def test_first_lines_are_split_as_the_file_is():
    assert split_lines(["a;b", '1;"2, 3"']) == ROWS
    assert split_lines(['"a']) == split_lines([]) == []
