"""A place for one item between two threads: what is not fetched in time gives way to the next."""

import threading
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Mailbox(Generic[Item]):
    """Holds the newest item alone.

    dropped: how many items were replaced before anybody fetched them.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._changed = threading.Condition()
        self._waiting: Item | None = None
        self._closed = False

    @property
    def over(self) -> bool:
        """Whether there is nothing to fetch, and nothing to come."""
        with self._changed:
            return self._closed and self._waiting is None

    def put(self, item: Item) -> None:
        """Put an item in, in place of the one that waits."""
        with self._changed:
            self.dropped += self._waiting is not None
            self._waiting = item
            self._changed.notify()

    def take(self, seconds: float) -> Item | None:
        """Fetch the item, waiting for one for so many seconds at most; None where none came."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._waiting is not None, seconds)
            item, self._waiting = self._waiting, None
            return item

    def close(self) -> None:
        """Say that nothing more will come."""
        with self._changed:
            self._closed = True
            self._changed.notify()
