"""How a run is ended before its inputs do."""


class Cancelled(Exception):  # noqa: N818  (no error: the user asked for it)
    """A run was cancelled while a result was waited for."""


class Cancellation:
    """The request to end one run. Any thread, and a signal handler, may make it or ask for it.

    Args:
        parent: The cancellation of a larger run that this one is part of, and ends with.
    """

    def __init__(self, parent: "Cancellation | None" = None) -> None:
        self._parent = parent
        # A plain attribute, not a `threading.Event`: a signal handler may interrupt the holder of an event's lock.
        self._cancelled = False

    def cancel(self) -> None:
        """Ask the run to end. What has been done is finished, the rest is left."""
        self._cancelled = True

    def is_cancelled(self) -> bool:
        """Whether this run, or the one that it is part of, should end."""
        return self._cancelled or (self._parent is not None and self._parent.is_cancelled())

    def check(self) -> None:
        """Do nothing unless the run should end.

        Raises:
            Cancelled: It should.
        """
        if self.is_cancelled():
            raise Cancelled
