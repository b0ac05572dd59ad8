from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_every_example_is_on_the_page() -> None:
    page = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    names = {
        path.name for path in EXAMPLES.iterdir() if path.name != "README.md" and not path.name.startswith(("_", "."))
    }
    assert sorted(name for name in names if f"({name}" not in page) == []
