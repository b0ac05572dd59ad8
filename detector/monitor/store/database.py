"""Opens a database by its URL: an SQLite file, which several programs may share, or a server that SQLAlchemy knows."""

import contextlib
import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from detector.errors import StoreError, UsageError
from detector.monitor.config.redaction import redacted

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

logger = logging.getLogger(__name__)

# The longest that SQLite itself waits for another program's lock; the writer tries again by its own clock.
_LOCK_SECONDS = 0.5
_SERVER_SECONDS = 5
_EXPECTED = "an SQLite file, or the URL of a database such as postgresql://user@host/name"


def reason(error: BaseException) -> str:
    """The message of a database's error in one line, without the statement and its values."""
    cause = getattr(error, "orig", None) or error
    lines = str(cause).strip().splitlines()
    return lines[0] if lines else type(cause).__name__


class Database:
    """One database and the connections to it. Nothing is opened before it is used.

    Args:
        url: A URL of SQLAlchemy, or the path of an SQLite file.
        read_only: Never write, nor make a file that is not there.
        prepare: Called with a connection, in a transaction, before the first use, and again when the file of an SQLite
            database was removed or replaced under the running program.

    Attributes:
        name: The URL without credentials, or the path.
        engine: SQLAlchemy's engine.

    Raises:
        UsageError: The URL is not understood, or its driver is not installed.
        StoreError: `read_only` is set, and the path is not a file.
    """

    def __init__(
        self, url: str, *, read_only: bool = False, prepare: Callable[["Connection"], None] | None = None
    ) -> None:
        parsed = _parse(url)
        self._path = None
        if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
            self._path = _file_of(parsed)
            if read_only and not self._path.is_file():
                raise StoreError(self._path, "a folder" if self._path.is_dir() else "no such file", _EXPECTED)
        self.name = redacted(url) if self._path is None else str(self._path)
        self.engine = _server(parsed, read_only) if self._path is None else _sqlite(self._path, read_only)
        self._prepare = prepare
        self._used: object = None

    @contextlib.contextmanager
    def begin(self) -> Iterator["Connection"]:
        """Give a connection in a transaction, which is committed when the block succeeds and undone when it fails.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: The database refuses.
        """
        if self._used is None or self._used != self._identity():
            if self._used is not None:  # open connections would still use the removed file
                self._complete_old_file()
                self.engine.dispose()
            if self._prepare is not None:
                self._make_ready(self._prepare)
            self._used = self._identity()
        with self.engine.begin() as connection:
            yield connection

    def _make_ready(self, prepare: Callable[["Connection"], None]) -> None:
        if self._used is not None:
            logger.warning("%s was removed or replaced; going on with a new one", self.name)
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._put_aside_old_log(self._path)
        with self.engine.begin() as connection:
            prepare(connection)

    def _complete_old_file(self) -> None:
        """Bring the rows of the log into the file that was moved: the open connection still leads there.

        A new file of the old name would take them from the log otherwise.
        """
        if self._path is not None and self.engine.pool.checkedin():  # type: ignore[attr-defined]  # QueuePool has it
            with contextlib.suppress(sqlite3.Error):
                self.checkpoint()

    @staticmethod
    def _put_aside_old_log(path: Path) -> None:
        """Keep the log of a file that was moved after a kill away from the new file, which would take its rows."""
        log, aside = path.with_name(path.name + "-wal"), path.with_name(path.name + "-wal.old")
        if not path.exists() and log.exists() and log.stat().st_size:
            log.replace(aside)
            logger.warning("%s: the log of a file that was moved; beside that file, as NAME-wal, it is read", aside)

    def checkpoint(self) -> None:
        """Bring what is in the log of an SQLite database into its file, as far as readers allow."""
        if self._path is None:
            return
        raw = self.engine.raw_connection()
        try:
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            raw.close()

    def _identity(self) -> object:
        """Identifies the file of an SQLite database. It changes when another file takes its place."""
        if self._path is None:
            return True
        try:
            found = self._path.stat()
        except OSError:
            return False
        return found.st_dev, found.st_ino

    def free_pages(self, pages: int) -> bool:
        """Return up to so many free pages of an SQLite file to the file system; True when more are left."""
        if self._path is None:
            return False
        raw = self.engine.raw_connection()
        try:
            cursor = raw.cursor()
            free = "PRAGMA freelist_count"
            (before,) = cursor.execute(free).fetchone()
            cursor.executescript(f"PRAGMA incremental_vacuum({pages:d})")  # execute() would stop after one page
            (after,) = cursor.execute(free).fetchone()
            more = bool(0 < after < before)
            if not more:  # otherwise the log of a program that runs for months is never shrunk
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            raw.close()
        return more

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _parse(url: str) -> "URL":
    from sqlalchemy import URL, make_url
    from sqlalchemy.exc import ArgumentError

    if "://" not in url:
        return URL.create("sqlite", database=url)
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgres", "postgresql"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        parsed.get_dialect().import_dbapi()
    except ImportError as error:
        raise UsageError(redacted(url), f"needs a driver ({error})", "it installed with pip") from error
    except (ArgumentError, ValueError) as error:
        scheme = url.partition("://")[0]
        raise UsageError(f"{scheme}://...", "no URL of a database that can be reached", _EXPECTED) from error
    if "@" in (parsed.host or ""):  # the end of a password, which the errors of drivers would repeat
        raise UsageError(redacted(url), "more than one @", "special characters of a password as %40 and the like")
    return parsed


def _file_of(url: "URL") -> Path:
    if not url.database or url.database == ":memory:":
        raise UsageError(url.render_as_string(), "a database in memory, which is lost at the end", _EXPECTED)
    if url.query or url.database.startswith("file:"):
        raise UsageError(url.render_as_string(), "a URL with options", "sqlite:///path")
    return Path(url.database)


def _sqlite(path: Path, read_only: bool) -> "Engine":
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import QueuePool

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(str(path.absolute()))}?{_mode(path, read_only)}",
            uri=True,
            timeout=_LOCK_SECONDS,
            isolation_level=None,  # transactions begin where SQLAlchemy says, not where Python guesses
            check_same_thread=False,
        )
        settings = ("query_only = ON",) if read_only else ("auto_vacuum = INCREMENTAL", "journal_mode = WAL")
        for setting in (*settings, "synchronous = NORMAL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {setting}").fetchall()
        return connection

    engine = create_engine(
        "sqlite://", creator=connect, poolclass=QueuePool, pool_size=1, max_overflow=0, hide_parameters=True
    )

    @event.listens_for(engine, "begin")
    def _begin(connection: "Connection") -> None:
        # A writer takes its lock at once: a transaction that reads first could not be made a writing one later.
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def _mode(path: Path, read_only: bool) -> str:
    """The mode to open an SQLite file in. A reader writes files beside it, unless the file cannot be written to."""
    if not read_only:
        return "mode=rwc"
    if os.access(path, os.W_OK) and os.access(path.absolute().parent, os.W_OK):
        return "mode=rw"
    return "mode=ro" if path.with_name(path.name + "-wal").exists() else "mode=ro&immutable=1"


def _server(url: "URL", read_only: bool) -> "Engine":
    from sqlalchemy import create_engine, event

    options: dict[str, Any] = {"pool_size": 1, "max_overflow": 0, "hide_parameters": True}
    postgresql = url.get_backend_name() == "postgresql"
    if url.drivername == "postgresql+psycopg":
        # A server that vanished is given up after seconds, not hours.
        options["connect_args"] = {"connect_timeout": _SERVER_SECONDS, "tcp_user_timeout": 2000 * _SERVER_SECONDS}
    if postgresql and read_only:
        options["isolation_level"] = "REPEATABLE READ"  # one report, one state of the database
    engine = create_engine(url, **options)
    if postgresql:

        @event.listens_for(engine, "connect")
        def _connected(connection: Any, _: object) -> None:
            with connection.cursor() as cursor:
                cursor.execute(f"SET lock_timeout = '{_SERVER_SECONDS}s'")
                if read_only:
                    cursor.execute("SET default_transaction_read_only = on")
            connection.commit()

    return engine
