"""The pages, their files, and the form that asks for the token."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from detector.server.problems import ProblemError
from detector.server.security import COOKIE, LOGIN, same_secret, session_of
from detector.server.state import State
from detector.server.uploads import limited_body

if TYPE_CHECKING:
    from jinja2 import Environment

router = APIRouter(include_in_schema=False)

_HTML = "text/html; charset=utf-8"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_FOLDER = Path(__file__).parents[1] / "page"
_FILES = {path.name: path for path in _FOLDER.iterdir() if path.suffix in _TYPES}


@router.get("/")
async def index() -> Response:
    """The page to try the detector on."""
    return html("index")


@router.get("/page/{name}")
async def page_file(name: str) -> Response:
    """A file of the pages; other names than those in the folder are not there."""
    return _file(name)


@router.get("/favicon.ico")
async def favicon() -> Response:
    """Browsers ask for it by themselves."""
    return _file("icon.svg")


@router.get(LOGIN)
async def login_form() -> Response:
    """The form for the token."""
    return html("login", refused=False)


@router.post(LOGIN)
async def login(request: Request, state: State) -> Response:
    """Give a browser that knows the token a cookie, because event streams and pictures send no header."""
    body = b"".join([chunk async for chunk in limited_body(request, state.settings)])[:10_000]
    given = parse_qs(body.decode("utf-8", "replace")).get("token", [""])[0].strip()
    token = state.settings.token
    if token is not None and not same_secret(given, token):
        return html("login", 401, refused=True)
    answer = RedirectResponse("/", 303)
    if token is not None:
        secure = "https" in (request.url.scheme, request.headers.get("x-forwarded-proto", ""))
        answer.set_cookie(COOKIE, session_of(token), httponly=True, samesite="strict", secure=secure)
    return answer


def html(name: str, status: int = 200, **values: bool) -> Response:
    """A page.

    Args:
        name: Its template without the suffix, which fills `base.html.j2`.
        status: Of the answer.
        values: What the template asks for.
    """
    text = _templates().get_template(f"{name}.html.j2").render(**values)
    return Response(text, status, media_type=_HTML)


@cache
def _templates() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(_FOLDER)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _file(name: str) -> Response:
    if name not in _FILES:
        raise ProblemError(404, name, "no file of the pages")
    return Response(_FILES[name].read_bytes(), media_type=_TYPES[_FILES[name].suffix])
