"""The points at which a process can be killed, counted in memory that parent and child share.

A point is the moment before or after something awaited in instrumented code. What a child passes
can be read after its death: the memory is the parent's too.
"""

import mmap
import os
import signal

MOST = 200_000
"""Points that one process may pass and still be told."""

_ARMED, _AT, _PASSED, _AHEAD, _LOG = range(5)


class Board:
    """Counts the points that a child passes once armed, and kills it at the one that is chosen."""

    def __init__(self) -> None:
        self.labels: list[str] = []
        self.renew()

    def renew(self) -> None:
        """Memory of one's own: for a process whose children are counted apart from others'."""
        self._words = memoryview(mmap.mmap(-1, 4 * (_LOG + MOST))).cast("I")

    def label(self, text: str) -> int:
        """The number of a point; all are known before any child is forked."""
        self.labels.append(text)
        return len(self.labels) - 1

    def arm(self, at: int = 0) -> None:
        """Count from now on, and kill at the `at`th point from here; 0: never."""
        self._words[_ARMED], self._words[_AT], self._words[_PASSED] = 0, at, 0
        self._words[_ARMED] = 1

    @property
    def ahead(self) -> float:
        """Seconds that the children's clock is ahead of ours: what one skips, the next has behind
        it."""
        return self._words[_AHEAD] / 1000

    @ahead.setter
    def ahead(self, seconds: float) -> None:
        self._words[_AHEAD] = round(seconds * 1000)

    def disarm(self) -> None:
        """Count no more."""
        self._words[_ARMED] = 0

    def passed(self) -> tuple[str, ...]:
        """The points that were passed since it was armed, in order."""
        count = min(self._words[_PASSED], MOST)
        return tuple(self.labels[self._words[_LOG + at]] for at in range(count))

    def hit(self, point: int) -> None:
        """Pass a point: the end, if it is the chosen one. SIGKILL leaves nothing time to react."""
        words = self._words
        if not words[_ARMED]:
            return
        count = words[_PASSED]
        if count < MOST:
            words[_LOG + count] = point
        words[_PASSED] = count + 1
        if count + 1 == words[_AT]:
            os.kill(os.getpid(), signal.SIGKILL)
