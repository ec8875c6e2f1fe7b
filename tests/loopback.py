"""Tests talk to this machine only: whoever connects elsewhere fails, and names the address."""

import ipaddress
import sys
from typing import Any


def _guard(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        _, address = arguments
        # A text is a Unix socket's path.
        if isinstance(address, tuple) and not _is_here(address[0]):
            raise RuntimeError(f"a test tried to connect to {address[0]}")


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


sys.addaudithook(_guard)
