"""Consumers of `domain/events`: what operators see of the gateway, in logs and metrics."""

from collections.abc import Callable

from ..domain.events import Event

Consumer = Callable[[Event], object]
"""Anyone who is told of events: at once, on the loop, so it must neither wait nor raise."""


def fan_out(*consumers: Consumer) -> Callable[[Event], None]:
    """One `observe` that tells all consumers, in this order."""

    def observe(event: Event) -> None:
        for consumer in consumers:
            consumer(event)

    return observe
