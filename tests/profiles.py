"""How much time tests take: the profiles of generated cases, and what `slow` means."""

import os

import pytest
from hypothesis import settings

# No deadline for a single case: on two busy cores it would measure the neighbours.
settings.register_profile("usual", deadline=None)
settings.register_profile("long", deadline=None, max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))

SLOW_SECONDS = 60


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test marked `slow` has a minute, unless it says itself how long it may take."""
    for item in items:
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(SLOW_SECONDS))
