"""The last: the only socket. All that knows aiohttp is in this folder."""

from .waiting import AMPLE, LONGEST, SILENCE
from .wire import LARGEST, LOOPBACK, Opener, Transport, open_transport

__all__ = [
    "AMPLE",
    "LARGEST",
    "LONGEST",
    "LOOPBACK",
    "SILENCE",
    "Opener",
    "Transport",
    "open_transport",
]
