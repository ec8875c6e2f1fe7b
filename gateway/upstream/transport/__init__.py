"""The tenth and last: the only socket. All that knows aiohttp is in this folder."""

from .wire import AMPLE, LARGEST, LONGEST, LOOPBACK, Opener, Transport, open_transport

__all__ = [
    "AMPLE",
    "LARGEST",
    "LONGEST",
    "LOOPBACK",
    "Opener",
    "Transport",
    "open_transport",
]
