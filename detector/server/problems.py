"""What a client is told when a request cannot be answered: RFC 9457, `application/problem+json`."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from detector.errors import MaskDetectorError, SourceError, UsageError

MEDIA_TYPE = "application/problem+json"

_CLIENT_LEFT = 499

logger = logging.getLogger(__name__)


class ProblemError(Exception):
    """A request that cannot be answered.

    Args:
        status: The HTTP status.
        subject: What it is about: a file, an option, a header.
        found: What was found.
        expected: What was expected, or what to do.
        headers: Sent with the answer.
        more: Further fields of the answer.
    """

    def __init__(
        self,
        status: int,
        subject: str,
        found: str,
        expected: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(status, subject, found, expected)
        self.status, self.subject, self.found, self.expected = status, subject, found, expected
        self.headers, self.more = dict(headers or {}), dict(more or {})

    def to_dict(self) -> dict[str, Any]:
        """The fields of RFC 9457, with `subject`, `found` and `expected`."""
        detail = f"{self.subject}: {self.found}" + (f"; expected {self.expected}" if self.expected else "")
        return {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": detail,
            "subject": self.subject,
            "found": self.found,
            "expected": self.expected,
            **self.more,
        }

    def response(self) -> JSONResponse:
        """The answer."""
        return JSONResponse(self.to_dict(), self.status, self.headers, MEDIA_TYPE)


def problem_of(error: MaskDetectorError, status: int | None = None) -> ProblemError:
    """An error of this program as a problem: 400 for what cannot be read, 422 for an option."""
    if status is None:
        status = 400 if isinstance(error, SourceError) else 422 if isinstance(error, UsageError) else 500
    return ProblemError(status, error.subject, error.found, error.expected)


def handle_errors(app: FastAPI) -> None:
    """Answer every error with a problem."""
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(MaskDetectorError, _own_error)
    app.add_exception_handler(RequestValidationError, _wrong_option)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(ClientDisconnect, _left)
    app.add_exception_handler(Exception, _defect)


async def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return error.response()


async def _own_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, MaskDetectorError)
    return problem_of(error).response()


async def _wrong_option(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return invalid(error.errors()).response()


def invalid(errors: Sequence[Any]) -> ProblemError:
    """The problem of values that pydantic refuses; the first one is described, all are listed."""
    listed = [
        {
            "subject": ".".join(str(part) for part in each["loc"][1:]) or str(each["loc"][0]),
            "found": "nothing" if each["type"] == "missing" else repr(each.get("input"))[:200],
            "expected": _expected(str(each["msg"])),
        }
        for each in errors
    ]
    first = listed[0]
    more = {"errors": listed} if len(listed) > 1 else None
    return ProblemError(422, first["subject"], first["found"], first["expected"], more=more)


def _expected(message: str) -> str:
    text = message.removeprefix("Input should be ").removeprefix("Value error, ").replace("'", "")
    return "a value" if text == "Field required" else text


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    expected = "an address that /openapi.json lists" if error.status_code in (404, 405) else None
    found = f"{request.method} is not possible here" if error.status_code == 405 else str(error.detail)
    headers = {"Allow": _allowed(request)} if error.status_code == 405 else error.headers
    return ProblemError(error.status_code, request.url.path, found, expected, headers=headers).response()


def _allowed(request: Request) -> str:
    """The methods of all routes with the path of a request; Starlette names those of the first one only."""
    routes = [route for route in request.app.state.routes if route.matches(request.scope)[0] is not Match.NONE]
    return ", ".join(sorted({method for route in routes for method in route.methods}))


async def _left(_: Request, error: Exception) -> Response:
    """Nobody reads this answer; the status is for the metrics."""
    return Response(status_code=_CLIENT_LEFT)


async def _defect(request: Request, error: Exception) -> Response:
    logger.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return ProblemError(500, request.url.path, "an error of the server", "a report of it; its log says more").response()
