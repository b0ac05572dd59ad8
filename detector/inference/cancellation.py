"""Ends a run before all its inputs are read."""


class Cancelled(Exception):  # noqa: N818  (no error: the user asked for it)
    """The run was cancelled while a thread waited for a result."""


class Cancellation:
    """The request to end one run. Its methods may be called from any thread and from signal handlers.

    Args:
        parent: The cancellation of a larger run that this one is part of, and ends with.
    """

    def __init__(self, parent: "Cancellation | None" = None) -> None:
        self._parent = parent
        # A plain attribute, not a `threading.Event`: a signal handler may interrupt the holder of an event's lock.
        self._cancelled = False

    def cancel(self) -> None:
        """Ask the run to end. Files of finished inputs are completed, other inputs are dropped."""
        self._cancelled = True

    def is_cancelled(self) -> bool:
        """Whether this run, or the one that it is part of, should end."""
        return self._cancelled or (self._parent is not None and self._parent.is_cancelled())

    def check(self) -> None:
        """Raise an exception if the run should end.

        Raises:
            Cancelled: The run should end.
        """
        if self.is_cancelled():
            raise Cancelled
