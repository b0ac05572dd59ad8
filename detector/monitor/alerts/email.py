"""Sends alerts by e-mail."""

import contextlib
import logging
import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import format_datetime

from pydantic import SecretStr

from detector.errors import DeliveryError
from detector.monitor.alerts.sink import AlertSink, tls_context
from detector.monitor.config.watch import EmailConfig
from detector.people.states import Alert

_log = logging.getLogger("detector.monitor.alerts")


class EmailSink(AlertSink):
    """Sends alerts through a mail server, with the snapshot attached where there is one.

    Args:
        name: As in the configuration.
        config: The server, who sends and who receives.
    """

    def __init__(self, name: str, config: EmailConfig) -> None:
        self.name, self._config = name, config
        self.secrets: Sequence[SecretStr] = [config.password] if config.password else []
        self._context = None if config.tls == "none" else tls_context(config.ca_file)

    def send(self, alert: Alert) -> None:
        """See `AlertSink`."""
        try:
            self._send(compose(alert, self._config))
        except smtplib.SMTPRecipientsRefused as error:
            codes = {code for code, _ in error.recipients.values()}
            permanent = all(code >= 500 for code in codes)
            raise DeliveryError(self.name, f"recipients refused ({_listed(codes)})", permanent=permanent) from None
        except smtplib.SMTPResponseException as error:
            text = (
                error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
            )
            found = f"answered {error.smtp_code} {' '.join(text.split())}"
            raise DeliveryError(self.name, found, permanent=error.smtp_code >= 500) from None
        except smtplib.SMTPNotSupportedError as error:
            # Worth another try: the server may not be set up yet, or its offer of TLS was removed on the way.
            raise DeliveryError(self.name, str(error), "a server that can do this, or another tls") from None
        except ssl.SSLCertVerificationError as error:
            raise DeliveryError(self.name, f"certificate not trusted ({error.verify_message})") from None
        except (OSError, smtplib.SMTPException) as error:
            if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
                raise DeliveryError(self.name, f"no answer within {self._config.timeout:g} s") from None
            raise DeliveryError(self.name, f"not reached ({getattr(error, 'strerror', None) or error})") from None

    def _send(self, message: EmailMessage) -> None:
        config = self._config
        server = self._connect()
        try:
            if config.tls == "starttls":
                server.starttls(context=self._context)  # raises where the server does not offer it
            if config.user is not None and config.password is not None:
                server.login(config.user, config.password.get_secret_value())
            if refused := server.send_message(message):
                _log.warning("%s: %d of %d recipients refused", self.name, len(refused), len(config.to))
            with contextlib.suppress(smtplib.SMTPException, OSError):  # it was accepted already
                server.quit()
        finally:
            server.close()

    def _connect(self) -> smtplib.SMTP:
        config = self._config
        if config.tls == "tls":
            return smtplib.SMTP_SSL(config.host, config.port, timeout=config.timeout, context=self._context)
        return smtplib.SMTP(config.host, config.port, timeout=config.timeout)


def compose(alert: Alert, config: EmailConfig) -> EmailMessage:
    """The message for an alert; the same `Message-ID` whenever it is sent, so that mail programs show it once."""
    message = EmailMessage()
    message["Subject"] = f"[{alert.rule}] {alert.message}"
    message["From"] = config.sender
    message["To"] = ", ".join(config.to)
    message["Date"] = format_datetime(alert.time)
    message["Message-ID"] = f"<{alert.id}@mask-detector>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday replies
    people = "".join(f"  {state.value}: {number}\n" for state, number in alert.states.items())
    message.set_content(
        f"{alert.message}\n\nRule: {alert.rule}\nCamera: {alert.camera}\nTime: {alert.time:%Y-%m-%d %H:%M:%S %Z}\n"
        f"\nPeople in view:\n{people}" + (f"\nClip: {alert.clip}\n" if alert.clip else "")
    )
    if alert.snapshot is not None:
        message.add_attachment(alert.snapshot, maintype="image", subtype="jpeg", filename=f"{alert.id}.jpg")
    return message


def _listed(codes: set[int]) -> str:
    return ", ".join(map(str, sorted(codes)))
