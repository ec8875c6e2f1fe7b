"""Which addresses a vendor may have."""

import socket

import pytest
from aiohttp import ClientConnectorDNSError
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_reqrep import ConnectionKey

from gateway.domain.failures import Unavailable
from gateway.upstream.transport import faults
from gateway.upstream.transport.addresses import PublicResolver, is_public
from gateway.upstream.transport.faults import AddressRefusedError


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2001:db8::1",
        "not an address",
        "",
    ],
)
def test_the_gateway_s_own_network_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_the_internet_is_public(address: str) -> None:
    assert is_public(address)


class Names(AbstractResolver):
    """A resolver that answers what it is told."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.closed = False

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in self.addresses
        ]

    async def close(self) -> None:
        self.closed = True


async def test_a_name_that_leads_to_public_addresses_is_resolved() -> None:
    names = Names("8.8.8.8", "8.8.4.4")
    resolver = PublicResolver((), names)
    assert [found["host"] for found in await resolver.resolve("api.example.com")] == [
        "8.8.8.8",
        "8.8.4.4",
    ]
    await resolver.close()
    assert names.closed


async def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(AddressRefusedError):
        await PublicResolver((), Names("8.8.8.8", "10.0.0.1")).resolve("api.example.com")


async def test_a_trusted_name_may_lead_anywhere() -> None:
    resolver = PublicResolver({"localhost"}, Names("127.0.0.1"))
    assert len(await resolver.resolve("localhost")) == 1


def test_a_name_that_is_unknown_is_an_unavailable_vendor_and_nothing_was_sent() -> None:
    key = ConnectionKey("api.example.com", 443, True, True, None, None, None)
    failure = faults.of(ClientConnectorDNSError(key, OSError("no such name")), sent=None)
    assert type(failure) is Unavailable
    assert failure.sent is False
    assert "example" not in str(failure)
