"""Reads a camera that gives one picture for each request."""

import http.client
import time
import urllib.error
import urllib.request
from io import BytesIO
from urllib.parse import unquote, urlsplit

import numpy as np
from numpy.typing import NDArray

from detector.errors import SourceError
from detector.media.images import read_image

_MOST_BYTES = 50 * 2**20


class StillPictures:
    """Asks an address for one picture after the other.

    Args:
        address: http:// or https://, with credentials if it needs them; both Basic and Digest are tried.
        timeout: Seconds of silence after which a request is given up.
    """

    def __init__(self, address: str, timeout: float) -> None:
        parts = urlsplit(address)
        credentials, _, host = parts.netloc.rpartition("@")
        user, _, password = credentials.partition(":")
        self._url, self._timeout = parts._replace(netloc=host).geturl(), timeout
        known = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        if credentials:
            known.add_password(None, self._url, unquote(user), unquote(password))
        digest = urllib.request.HTTPDigestAuthHandler(known)
        self._opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(known), digest)

    def content_type(self) -> str:
        """The type of what the address gives, such as image/jpeg.

        Raises:
            SourceError: There is no answer.
        """
        with self._answer() as answer:
            return str(answer.headers.get_content_type())

    def next(self) -> NDArray[np.uint8]:
        """Ask for a picture: BGR uint8 (H, W, 3).

        Raises:
            SourceError: There is no answer, or it is no picture.
        """
        with self._answer() as answer:
            try:
                data = answer.read(_MOST_BYTES)
            except (OSError, http.client.HTTPException) as error:
                raise SourceError("picture", f"broke off ({type(error).__name__})") from None
        return read_image(BytesIO(data), "picture")

    def _answer(self) -> http.client.HTTPResponse:
        began = time.monotonic()
        try:
            answer: http.client.HTTPResponse = self._opener.open(self._url, timeout=self._timeout)
        except urllib.error.HTTPError as error:
            with error:
                raise SourceError("picture", f"answered {error.code} {error.reason}") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", error)
            if isinstance(reason, TimeoutError) or time.monotonic() - began >= self._timeout:
                raise SourceError("picture", f"no answer within {self._timeout:g} s") from None
            raise SourceError("picture", f"not reached ({getattr(reason, 'strerror', None) or reason})") from None
        return answer
