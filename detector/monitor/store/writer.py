"""Writes to the database in one thread, so that cameras never wait for a disk or a server."""

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from detector.errors import MaskDetectorError
from detector.monitor.store.database import Database, reason

if TYPE_CHECKING:
    from sqlalchemy import Connection

logger = logging.getLogger(__name__)

MEMORY = 64 * 2**20
_GATHER_SECONDS = 0.3  # rows that come within so long share a commit: a kill loses well under a second
_IDLE_SECONDS = 1.0
HEARTBEAT_SECONDS = 5.0  # after so long without rows an empty batch is recorded: the run is alive
_CHECKPOINT_SECONDS = 30.0  # a file that is moved after a kill, without its log, lacks no older rows
_MOST_ROWS = 1000
_WAITS = (0.25, 5.0)
_ROW_BYTES = 1000  # about what a row without its picture takes in memory

Write = Callable[["Connection"], object]
RecordBatch = Callable[["Connection", int, int], bool]


class _Item(NamedTuple):
    write: Write
    size: int
    done: Callable[[], object] | None


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """The status of the writing.

    Attributes:
        waiting: Rows in memory that are still to be written.
        dropped: Rows that were given up, since the start: too many were waiting, or the database refused them.
        problem: Why nothing can be written at the moment; None when all is well.
    """

    waiting: int = 0
    dropped: int = 0
    problem: str | None = None


class Writer:
    """Writes rows in the order they come, in batches of one transaction each.

    A batch that fails stays in memory and is tried again after growing waits. The rows after it wait in memory too, up
    to `memory` bytes; further rows are dropped and counted. The first failure, the first drop and the first success
    after it are logged.

    Args:
        database: Where to write.
        record_batch: Called first in every transaction, with the number of the batch (from 1) and the rows dropped so
            far. It returns False when the database already has a batch of this number: that was committed, and only
            the answer was lost.
        memory: Bytes of rows to keep at most.
    """

    def __init__(
        self,
        database: Database,
        record_batch: RecordBatch,
        *,
        memory: int = MEMORY,
    ) -> None:
        self._database, self._record_batch, self._memory = database, record_batch, memory
        self._cleaning_source: Callable[[], Iterator[None]] | None = None
        self._cleaning: Iterator[None] | None = None
        self._clean_at = self._clean_every = 0.0
        self._number = 1
        self._beat_at = time.monotonic() + HEARTBEAT_SECONDS
        self._checkpoint_at = time.monotonic() + _CHECKPOINT_SECONDS
        self._changed = threading.Condition()
        self._queue: deque[_Item] = deque()
        self._in_hand = self._bytes = self._dropped = 0
        self._problem: str | None = None
        self._drops_logged = self._hurry = self._closing = False
        self._thread = threading.Thread(target=self._loop, name="event store", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    @property
    def status(self) -> StoreStatus:
        """The status of the writing."""
        with self._changed:
            return StoreStatus(len(self._queue) + self._in_hand, self._dropped, self._problem)

    def put(self, write: Write, size: int | None = 0, done: Callable[[], object] | None = None) -> None:
        """Write something soon; returns at once.

        Args:
            write: Called with a connection, on the writer's thread; again when its transaction failed.
            size: Bytes that it takes in memory, in addition to an ordinary row. None: it is no row and takes nothing.
            done: Called when it is in the database, and when it was dropped; must not block.
        """
        item = _Item(write, 0 if size is None else size + _ROW_BYTES, done)
        with self._changed:
            fits = not self._closing and self._bytes + item.size <= self._memory
            if fits:
                self._queue.append(item)
                self._bytes += item.size
                self._changed.notify_all()
        if not fits:
            self._drop(1, "is closed" if self._closing else "cannot be written, and memory for what waits is full")
            _call_done([item])

    def clean_regularly(self, source: Callable[[], Iterator[None]], every: timedelta) -> None:
        """Delete old rows on the writer's thread, now and from time to time.

        Args:
            source: Begins a cleaning; each step of its iterator is one short transaction, after which rows are written.
            every: How often.
        """
        self._clean_every, self._cleaning_source = every.total_seconds(), source

    def flush(self, timeout: float) -> bool:
        """Wait until all rows are written; False if they are not after `timeout` seconds."""
        with self._changed:
            self._hurry = True
            self._changed.notify_all()
            return self._changed.wait_for(lambda: not self._queue and not self._in_hand, timeout)

    def close(self, timeout: float) -> None:
        """Write the rows that wait, and end. Rows not written after `timeout` seconds are dropped and counted."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout)
        if self._thread.is_alive():  # it hangs in the database; the thread ends with the program
            self._give_up()

    def _loop(self) -> None:
        batch: Sequence[_Item] = ()
        wait, longest = _WAITS
        while True:
            batch = batch or self._take()
            closing = self._closing  # read before the attempt, which is the last one if it is set
            if not batch and (closing or time.monotonic() < self._beat_at):
                if closing:
                    return
            elif self._try(batch):
                batch, wait = (), _WAITS[0]
            elif closing:
                self._give_up()
                return
            else:
                with self._changed:
                    self._changed.wait_for(lambda: self._closing, wait)
                wait = min(2 * wait, longest)
                continue
            self._clean_step()

    def _take(self) -> Sequence[_Item]:
        """The next batch; empty after a while without rows, and when the writer is closed."""
        with self._changed:
            if not self._queue:
                timeout = 0.0 if self._cleaning else _IDLE_SECONDS
                self._changed.wait_for(lambda: self._queue or self._closing, timeout)
            if self._queue:
                self._changed.wait_for(
                    lambda: self._hurry or self._closing or len(self._queue) >= _MOST_ROWS, _GATHER_SECONDS
                )
            self._hurry = False
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), _MOST_ROWS))]
            self._in_hand = len(batch)
        return batch

    def _try(self, batch: Sequence[_Item]) -> bool:
        """Write a batch without the rows that the database refuses; False if nothing can be written."""
        try:
            try:
                refused = self._write(batch, one_by_one=False)
            except Exception as error:
                if not _row_at_fault(error):
                    raise
                refused = self._write(batch, one_by_one=True)
        except Exception as error:
            self._set_problem(reason(error))
            return False
        self._number += 1
        self._beat_at = time.monotonic() + HEARTBEAT_SECONDS
        if refused:
            self._drop(len(refused), f"has refused a row ({refused[0]})")
        with self._changed:
            self._in_hand = 0
            self._bytes -= sum(item.size for item in batch)
            self._changed.notify_all()
        _call_done(batch)
        self._set_problem(None)
        self._checkpoint()
        return True

    def _checkpoint(self) -> None:
        if time.monotonic() >= self._checkpoint_at and not self._closing:  # a slow disk would hold up the end
            self._checkpoint_at = time.monotonic() + _CHECKPOINT_SECONDS
            with contextlib.suppress(Exception):  # the rows are safe in the log; a reader may be at work
                self._database.checkpoint()

    def _write(self, batch: Sequence[_Item], *, one_by_one: bool) -> list[str]:
        """Write a batch in one transaction, and give the reasons for which rows were refused."""
        refused = []
        with self._database.begin() as connection:
            if self._record_batch(connection, self._number, self._dropped):
                for item in batch:
                    try:
                        with connection.begin_nested() if one_by_one else contextlib.nullcontext():
                            item.write(connection)
                    except Exception as error:
                        if not (one_by_one and _row_at_fault(error)):
                            raise
                        refused.append(reason(error))
        return refused

    def _set_problem(self, problem: str | None) -> None:
        with self._changed:
            before, self._problem = self._problem, problem
            waiting = len(self._queue) + self._in_hand
        if problem and before is None:
            logger.error("%s: cannot be written (%s); keeping what comes in memory", self._database.name, problem)
        elif before and problem is None:
            self._drops_logged = False
            logger.warning("%s: written again, %d rows still waiting", self._database.name, waiting)

    def _drop(self, rows: int, why: str) -> None:
        with self._changed:
            self._dropped += rows
            dropped, logged, self._drops_logged = self._dropped, self._drops_logged, True
        if not logged:
            logger.error("%s %s: rows are dropped, %d until now", self._database.name, why, dropped)

    def _give_up(self) -> None:
        with self._changed:
            lost = len(self._queue) + self._in_hand
            self._dropped += lost
            self._queue.clear()
            self._in_hand = self._bytes = 0
        if lost:
            logger.error("%s: closed before %d rows could be written; they are lost", self._database.name, lost)

    def _clean_step(self) -> None:
        """One step of deleting old rows, if it is time."""
        if self._cleaning is None:
            if self._cleaning_source is None or time.monotonic() < self._clean_at:
                return
            self._cleaning = self._cleaning_source()
        try:
            next(self._cleaning)
        except StopIteration:
            self._cleaning = None
        except Exception as error:
            self._cleaning = None
            logger.warning("%s: old rows could not be deleted (%s)", self._database.name, reason(error))
        if self._cleaning is None:
            self._clean_at = time.monotonic() + self._clean_every


def _call_done(items: Sequence[_Item]) -> None:
    for item in items:
        if item.done is not None:
            item.done()


def _row_at_fault(error: Exception) -> bool:
    """Whether the error comes from the row itself, so that another attempt cannot succeed."""
    from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError, StatementError

    if isinstance(error, SQLAlchemyError):
        return isinstance(error, DataError | IntegrityError) or type(error) is StatementError
    return not isinstance(error, OSError | MaskDetectorError)
