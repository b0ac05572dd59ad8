"""Sends alerts as JSON in an HTTP POST."""

import base64
import http.client
import urllib.error
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import IO
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from detector.errors import DeliveryError
from detector.monitor.alerts.payload import to_json
from detector.monitor.alerts.sink import AlertSink, tls_context
from detector.monitor.config.watch import WebhookConfig
from detector.people.states import Alert

# Answers that a repeated request would get again. 401, 403 and 404 are not among them, because somebody may correct the
# server; nor are answers that ask to try again later.
_PERMANENT = frozenset({400, 405, 406, 410, 411, 413, 414, 415, 422, 431, 501})


class WebhookSink(AlertSink):
    """Sends alerts to a web server; any answer from 200 to 299 means success.

    Redirects are not followed: a POST would arrive as a GET without the alert, and another server would see the
    headers, which may hold a token.

    Args:
        name: As in the configuration.
        config: The address.
    """

    def __init__(self, name: str, config: WebhookConfig) -> None:
        self.name, self._config = name, config
        headers = [value.get_secret_value() for value in config.headers.values()]
        tokens = [SecretStr(word) for header in headers for word in header.split()[-1:]]  # without "Bearer"
        self.secrets: Sequence[SecretStr] = [config.url, *_parts(config.url), *config.headers.values(), *tokens]
        https = urllib.request.HTTPSHandler(context=tls_context(config.ca_file))
        self._url, self._headers = _split_credentials(config)
        self._opener = urllib.request.build_opener(https, _NoRedirect)

    def send(self, alert: Alert) -> None:
        """See `AlertSink`."""
        try:
            request = urllib.request.Request(self._url, to_json(alert), self._headers)  # noqa: S310 (checked)
            with self._opener.open(request, timeout=self._config.timeout):
                pass
        except urllib.error.HTTPError as error:
            with error:
                raise self._refused(error) from None
        except urllib.error.URLError as error:
            raise DeliveryError(self.name, f"not reached ({error.reason})") from None
        except TimeoutError:
            raise DeliveryError(self.name, f"no answer within {self._config.timeout:g} s") from None
        except (OSError, http.client.HTTPException) as error:
            raise DeliveryError(self.name, f"broken off ({type(error).__name__})") from None
        except ValueError:  # its message would hold the header
            raise DeliveryError(
                self.name, "an address or header that HTTP does not allow", "other ones", permanent=True
            ) from None

    def _refused(self, error: urllib.error.HTTPError) -> DeliveryError:
        found = f"answered {error.code} {error.reason}"
        if 300 <= error.code < 400:
            host = urlsplit(error.headers.get("Location") or "").hostname
            found += f" (a redirect{f' to {host}' if host else ''}, which is not followed)"
            # Other redirects may be temporary, to a page about maintenance for instance.
            return DeliveryError(self.name, found, "the address that it leads to", permanent=error.code in (301, 308))
        pause = _seconds(error.headers.get("Retry-After") or "")
        return DeliveryError(self.name, found, permanent=error.code in _PERMANENT, retry_after=pause)


def _seconds(retry_after: str) -> float:
    """The seconds of a header `Retry-After`, which holds their number or a date; 0 where it holds neither."""
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):  # the latter of a date without a time zone
        return 0.0


def _parts(url: SecretStr) -> list[SecretStr]:
    """The path, the query and the password of an address: answers of a server may repeat them."""
    parts = urlsplit(url.get_secret_value())
    return [
        SecretStr(part) for part in (parts.path, parts.query, parts.password, unquote(parts.password or "")) if part
    ]


def _split_credentials(config: WebhookConfig) -> tuple[str, dict[str, str]]:
    """The address without user and password, which urllib would take for a part of the host, and all headers."""
    headers = {"Content-Type": "application/json", "User-Agent": "mask-detector"}
    parts = urlsplit(config.url.get_secret_value())
    credentials, _, host = parts.netloc.rpartition("@")
    if credentials:
        headers["Authorization"] = f"Basic {base64.b64encode(unquote(credentials).encode()).decode()}"
    headers |= {name: value.get_secret_value() for name, value in config.headers.items()}
    return parts._replace(netloc=host).geturl(), headers


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> None:
        """Follow none."""
