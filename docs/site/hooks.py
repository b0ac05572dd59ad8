"""What `mkdocs build` needs beside the pages: those from outside docs/, and the help of every command."""

import re
import subprocess
import sys
from pathlib import Path
from posixpath import dirname, normpath, relpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
IN_NAVIGATION = {
    "README.md": "readme.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "examples/README.md": "examples.md",
    "weights/README.md": "model-card.md",
}
OUTSIDE = [
    path.relative_to(ROOT).as_posix()
    for where in ("*.md", "examples/*.md", "weights/*.md")
    for path in ROOT.glob(where)
]
PAGES = {path: IN_NAVIGATION.get(path, f"files/{path}") for path in sorted(OUTSIDE)}
"""Pages of the site that are not in docs/, and their names there."""
HELP = "<!-- The site has the help of every command here. -->"
LINK = re.compile(r"\[([^\]]*)\]\(([^)#\s:]+)(#[^)\s]+)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages from outside docs/, and the files that pages link to."""
    for source, page in PAGES.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text(encoding="utf-8")))
    for linked in sorted({path for page in files.documentation_pages() for path in linked_files(page)}):
        files.append(File.generated(config, f"files/{linked}", abs_src_path=str(ROOT / linked)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead links to where the site has their targets, and put the help of the commands in its place."""
    uri = page.file.src_uri

    def on_site(match: re.Match[str]) -> str:
        target = target_of(match[2], uri)
        if (ROOT / target).is_dir():
            return match[1]  # the site has no folders to look into
        return f"[{match[1]}]({relpath(site_uri(target), dirname(uri) or '.')}{match[3] or ''})"

    markdown = LINK.sub(on_site, markdown)
    return markdown.replace(HELP, command_help()) if HELP in markdown else markdown


def linked_files(page: File) -> set[str]:
    """The files outside docs/ that a page links to and that are no pages of the site."""
    targets = {target_of(match[2], page.src_uri) for match in LINK.finditer(page.content_string)}
    return {
        path
        for path in targets
        if path not in PAGES and site_uri(path).startswith("files/") and (ROOT / path).is_file()
    }


def target_of(link: str, uri: str) -> str:
    """What a link on a page leads to, as a path in the repository."""
    source = next((path for path, page in PAGES.items() if page == uri), f"docs/{uri}")
    return normpath(f"{dirname(source)}/{link}".lstrip("/"))


def site_uri(path: str) -> str:
    """Where the site has a file of the repository."""
    return PAGES.get(path) or (path.removeprefix("docs/") if path.startswith("docs/") else f"files/{path}")


def command_help() -> str:
    """The help of every command, as Markdown.

    Raises:
        CalledProcessError: The help could not be made.
    """
    command = [sys.executable, "-m", "typer", "detector.cli.app", "utils", "docs", "--name", "detector"]
    text = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, encoding="utf-8").stdout
    return re.sub(r"^# .*\n+", "", text)
