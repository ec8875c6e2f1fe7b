"""Which vendor hosts are down, so that an outage is told once going down and once coming back."""

from ..domain.events import BreakerChanged, Event


class Outages:
    """The hosts whose breaker opened and has not closed since."""

    def __init__(self) -> None:
        self._down: set[tuple[str, str]] = set()

    def learn(self, event: Event) -> bool | None:
        """True when this event brought a host down, False when up; None when nothing changed.

        An open breaker that tries, fails and opens again is still the same outage.
        """
        if not isinstance(event, BreakerChanged):
            return None
        host = (event.vendor.name, event.host)
        if event.state == "OPEN" and host not in self._down:
            self._down.add(host)
            return True
        if event.state == "CLOSED" and host in self._down:
            self._down.discard(host)
            return False
        return None

    def count(self, vendor: str) -> int:
        """How many hosts of a vendor (its enum name) are down."""
        return sum(name == vendor for name, _ in self._down)
