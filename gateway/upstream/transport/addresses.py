"""Which addresses a vendor may have: public ones, looked at when the connection is made."""

import socket
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult

from .faults import AddressRefusedError

_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(text: str) -> bool:
    """Whether an IP address is one of the public internet, also when it stands for an IPv4 one.

    False for private, loopback, link-local (and so the clouds' metadata services), shared (CGNAT),
    reserved and multicast addresses, and for what is no address.
    """
    try:
        address = ip_address(text.split("%")[0])
    except ValueError:
        return False
    embedded = _embedded(address)
    if embedded is not None:
        return is_public(str(embedded))
    return address.is_global and not address.is_multicast and not address.is_reserved


def is_literal(host: str) -> bool:
    """Whether a host is an address itself, so that no name is resolved."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _embedded(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


class PublicResolver(AbstractResolver):
    """Resolves names, and refuses one that leads to an address that is not public.

    aiohttp connects to the very addresses that were looked at here, so no second answer of a DNS
    server can slip in between. `trusted` hosts may lead anywhere.
    """

    def __init__(self, trusted: Collection[str], inner: AbstractResolver | None = None) -> None:
        self._trusted = trusted
        self._inner = inner or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a host; raises `AddressRefusedError` when one of them is not public."""
        found = await self._inner.resolve(host, port, family)
        if host not in self._trusted and not all(is_public(answer["host"]) for answer in found):
            raise AddressRefusedError("not a public address")
        return found

    async def close(self) -> None:
        """Nothing is held."""
        await self._inner.close()
