"""Who may ask what: the token, the names in `Host` and `Origin`, and the headers that tell browsers to be strict."""

import hashlib
import hmac
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from socket import gethostname
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from detector.server.problems import ProblemError
from detector.server.settings import ServerSettings, ip_address, is_loopback

COOKIE = "mask_detector_session"
LOGIN = "/login"

# What is answered without a token: the form for it, the files of the page, which hold no data, and probes.
OPEN_PATHS = frozenset({LOGIN, "/healthz", "/readyz", "/favicon.ico"})
_OPEN_FOLDER = "/page/"
_PAGES = frozenset({"/", "/live"})  # without a token, a browser is sent to the form
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The content security policy of the pages: nothing is loaded from elsewhere, and no inline script runs."""

REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
"""The policy of the report, which is one file: its style and its pictures are in it."""

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with `no-referrer`, browsers would send `Origin: null`
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}


class Security:
    """Refuses requests of strangers and of other sites, and adds the headers above to every answer.

    Args:
        app: What answers the others.
        settings: Those of the server.
    """

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self._app, self._token = app, settings.token
        self._hosts = _known_hosts(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_strict(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, receive, send_strict)

    def _refusal(self, scope: Scope) -> Response | None:
        headers, path, method = Headers(scope=scope), scope["path"], scope["method"]
        try:
            self._check_host(headers)
            _check_origin(headers, method, path)
        except ProblemError as problem:
            return problem.response()
        if self._token is None or path in OPEN_PATHS or path.startswith(_OPEN_FOLDER) or self._is_known(headers):
            return None
        if path in _PAGES and method in _SAFE_METHODS:
            return RedirectResponse(LOGIN, 303)
        expected = "Authorization: Bearer and the token of this server"
        return ProblemError(
            401, "token", "none, or a wrong one", expected, headers={"WWW-Authenticate": "Bearer"}
        ).response()

    def _check_host(self, headers: Headers) -> None:
        """A site whose name was pointed at this machine (DNS rebinding) sends its own name in `Host`."""
        given = headers.get("host", "")
        host = _host_name(given)
        if host in self._hosts or ip_address(host) is not None:
            return
        expected = f"{', '.join(sorted(self._hosts))}, an address, or a name given with --allow-host"
        raise ProblemError(421, "Host", repr(given[:200]), expected)

    def _is_known(self, headers: Headers) -> bool:
        assert self._token is not None
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and same_secret(bearer.strip(), self._token):
            return True
        cookies = headers.getlist("cookie")
        return any(same_secret(value, session_of(self._token)) for value in _sessions(cookies))


def session_of(token: str) -> str:
    """What the cookie holds: derived from the token, which itself stays out of the browser's files."""
    return hmac.new(token.encode(), b"session of the page", hashlib.sha256).hexdigest()


def same_secret(given: str, secret: str) -> bool:
    """Whether two texts are the same; how long that takes says nothing about the secret."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), secret.encode())


def _check_origin(headers: Headers, method: str, path: str) -> None:
    """Browsers say from which site a request comes; another site may only link to the pages.

    Raises:
        ProblemError: 403.
    """
    is_safe = method in _SAFE_METHODS
    site = headers.get("sec-fetch-site", "")
    if site in ("cross-site", "same-site") and not (is_safe and headers.get("sec-fetch-mode") == "navigate"):
        raise ProblemError(403, "Sec-Fetch-Site", site, "a request from this server's own page")
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower():
        raise ProblemError(403, "Origin", repr(origin[:200]), "a request from this server's own page")


def _known_hosts(settings: ServerSettings) -> frozenset[str]:
    own = [] if is_loopback(settings.host) else [gethostname(), settings.host]
    return frozenset(name.lower() for name in ("localhost", *own, *settings.allowed_hosts))


def _host_name(given: str) -> str:
    """The host of a `Host` header, without its port."""
    try:
        return (urlsplit(f"//{given}").hostname or "").lower().rstrip(".")
    except ValueError:
        return ""


def _sessions(cookies: Iterable[str]) -> Iterable[str]:
    for header in cookies:
        try:
            found = SimpleCookie(header).get(COOKIE)
        except CookieError:
            continue
        if found is not None:
            yield found.value
