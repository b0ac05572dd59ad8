"""Sends alerts of `detector watch` to a chat room: a sink of your own, as a program.

Chat services (Slack, Mattermost, Rocket.Chat, Google Chat) take `{"text": ...}` at an address for incoming messages,
which is not the JSON that `type: webhook` sends. In watch.yaml:

    sinks:
      chat: {type: command, command: [python, examples/chat_alert.py]}
    alerts:
      - {name: bare face, to: [chat]}

`CHAT_URL` in the environment is the address: it is as good as a password, and is not to be in a file that others read.
`detector watch watch.yaml --test-alerts` sends a test. A program for another service has the same rules: the alert is
JSON on standard input; status 0 means delivered; anything else is tried again later, with the last line of standard
error in the log. An alert may come twice, with the same `id`, if the watch was killed between sending and noting it.
"""

import json
import os
import sys
import urllib.request
from collections.abc import Mapping
from typing import Any

_SECONDS = 10


def message(alert: Mapping[str, Any]) -> dict[str, str]:
    """What the chat room shows."""
    states = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in alert["states"].items() if count)
    people = f" ({states})" if states else ""
    return {"text": f"*{alert['camera']}*, {alert['time'][:16]} UTC: {alert['message']}{people}"}


def main() -> None:
    """Read an alert from standard input, and send it."""
    url = os.environ.get("CHAT_URL", "")
    if not url.startswith(("https://", "http://")):
        sys.exit("CHAT_URL is not the address of a chat room")
    body = json.dumps(message(json.load(sys.stdin))).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    try:
        urllib.request.urlopen(request, timeout=_SECONDS).close()
    except OSError as error:  # also an answer that is an error
        sys.exit(f"not sent: {error}")


if __name__ == "__main__":
    main()
