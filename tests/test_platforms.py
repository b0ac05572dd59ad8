"""What Windows and macOS lack is used only after a look at whether it is there. No such machine runs these tests."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.imports import read_sources

ROOT = Path(__file__).resolve().parents[1]

# What there is on POSIX systems only. Windows has an `os.kill`, which ends the process whatever the signal.
POSIX_NAMES = {
    "os": """WNOHANG chown eventfd fchmod fchown fork forkpty getegid geteuid getgid getgroups getloadavg getpgid
        getpgrp getuid kill killpg lchown memfd_create mkfifo mknod nice openpty pathconf pipe2 posix_fadvise
        posix_spawn pread preadv pwrite pwritev register_at_fork sched_getaffinity sched_setaffinity sendfile setgid
        setpgid setsid setuid statvfs sync sysconf tcgetpgrp ttyname uname wait wait3 wait4 waitid O_CLOEXEC
        O_DIRECTORY O_NOFOLLOW O_NONBLOCK O_SYNC""",
    "signal": """SIGALRM SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGTSTP SIGUSR1 SIGUSR2 SIGWINCH alarm
        pause pthread_kill pthread_sigmask setitimer siginterrupt sigtimedwait sigwait""",
    "socket": "AF_UNIX SO_REUSEPORT recv_fds send_fds",
    "time": "CLOCK_BOOTTIME CLOCK_MONOTONIC clock_gettime tzset",
    "select": "epoll kqueue poll",
}
POSIX_MODULES = {"crypt", "fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"}
GUARDS = ("hasattr", "getattr", "platform", "os.name", "ImportError", "AttributeError")


def unguarded(source: str) -> list[str]:
    """Names that only POSIX has, with their lines, outside of a condition or `try` that looks for them."""
    return [f"{line}: {name}" for line, name in _unguarded(ast.parse(source))]


def _unguarded(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.If | ast.IfExp) and _mentions_guard(node.test):
        return
    if isinstance(node, ast.Try) and any(handler.type and _mentions_guard(handler.type) for handler in node.handlers):
        return
    yield from ((node.lineno, name) for name in _posix_names(node))  # type: ignore[attr-defined]
    for child in ast.iter_child_nodes(node):
        yield from _unguarded(child)
        if (
            isinstance(child, ast.If)
            and _mentions_guard(child.test)
            and isinstance(child.body[-1], ast.Return | ast.Raise)
        ):
            return  # what follows is not reached without it


def _mentions_guard(node: ast.AST) -> bool:
    return any(guard in ast.unparse(node) for guard in GUARDS)


def _posix_names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        found = node.attr in POSIX_NAMES.get(node.value.id, "").split()
        return [f"{node.value.id}.{node.attr}"] if found else []
    if isinstance(node, ast.Import):
        return [each.name for each in node.names if each.name in POSIX_MODULES]
    if isinstance(node, ast.ImportFrom):
        if node.module in POSIX_MODULES:
            return [node.module]
        names = POSIX_NAMES.get(node.module or "", "").split()
        return [f"{node.module}.{each.name}" for each in node.names if each.name in names]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "strftime":
        return [text for text in map(ast.unparse, node.args) if "%-" in text]
    return []


def test_nothing_that_only_posix_has_is_used_without_looking_for_it() -> None:
    found = {path: unguarded(source) for path, source in read_sources(ROOT, "converters", "detector").items()}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import os\nos.killpg(1, 9)", ["2: os.killpg"]),
        ("import fcntl", ["1: fcntl"]),
        ("from os import getuid, path", ["1: os.getuid"]),
        ("def f():\n    import resource, json", ["2: resource"]),
        ("import signal\nsignal.signal(signal.SIGHUP, print)", ["2: signal.SIGHUP"]),
        ("now.strftime('%-d.%-m.')", ["1: '%-d.%-m.'"]),
        ("if hasattr(os, 'killpg'):\n    os.killpg(1, 9)", []),
        ("cores = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else 1", []),
        ("try:\n    import fcntl\nexcept ImportError:\n    fcntl = None", []),
        ("if sys.platform != 'win32':\n    os.kill(1, 0)", []),
        ("def f():\n    if sys.platform == 'win32':\n        return\n    os.kill(1, 0)", []),
        ("def f():\n    if sys.platform == 'win32':\n        g()\n    os.kill(1, 0)", ["4: os.kill"]),
        ("try:\n    os.kill(1, 0)\nexcept OSError:\n    pass", ["2: os.kill"]),
        ("signal.signal(signal.SIGTERM, print); os.getpid()", []),
    ],
)
def test_such_names_are_found(source: str, names: list[str]) -> None:
    assert unguarded(source) == names
