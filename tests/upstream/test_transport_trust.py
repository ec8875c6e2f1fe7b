"""To whom a connection is made, and whom the transport believes to be the vendor."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gateway.domain.events import CallSent
from gateway.domain.failures import Failure, TlsFailure, Unavailable
from gateway.domain.secret import Secret
from gateway.upstream.exchange import Auth, Call
from gateway.upstream.laws import InHeader
from gateway.upstream.transport import LOOPBACK, Transport, open_transport

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


async def well(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(OK)


@asynccontextmanager
async def transport(kit: Any, insecure: Any = LOOPBACK) -> AsyncIterator[Transport]:
    async with open_transport(kit.clock, lambda sealed: Secret("s3cret"), insecure) as opened:
        yield opened


def at(kit: Any, url: str) -> Call:
    call: Call = kit.desk.of(laws=replace(kit.laws, hosts={"api": url})).call(seconds=5)
    return call


async def test_a_vendor_that_listens_nowhere_is_unavailable(real_kit: Any) -> None:
    # Held, so that nobody else listens there meanwhile.
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
        async with transport(real_kit) as send:
            with pytest.raises(Unavailable) as caught:
                await send(at(real_kit, url))
    assert caught.value.sent is False
    assert real_kit.desk.told(CallSent) == []


async def test_plain_http_is_refused_unless_the_host_is_named(real_kit: Any, serve: Any) -> None:
    async with serve(well) as peer, transport(real_kit, insecure=()) as send:
        with pytest.raises(TlsFailure) as caught:
            await send(at(real_kit, peer.url))
    assert (caught.value.sent, peer.connections) == (False, 0)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "169.254.169.254", "[::1]", "10.0.0.1"])
async def test_a_private_address_is_refused_when_connecting(real_kit: Any, host: str) -> None:
    """Fault matrix, row 16: also a name that leads there."""
    async with transport(real_kit, insecure=()) as send:
        with pytest.raises(Unavailable, match="not public") as caught:
            await send(at(real_kit, f"https://{host}:1"))
    assert caught.value.sent is False


async def test_a_vendor_without_tls_is_a_tls_failure(real_kit: Any) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, transport(real_kit) as send:
        with pytest.raises(TlsFailure) as caught:
            await send(at(real_kit, f"https://127.0.0.1:{port}"))
    assert caught.value.sent is False


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody signed but itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vendor")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(
        made.public_bytes(Encoding.PEM)
        + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return path


@asynccontextmanager
async def tls_vendor(certificate: Path) -> AsyncIterator[tuple[str, list[bytes]]]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    requests: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(OK)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", requests


async def test_a_certificate_that_nobody_signed_is_refused(
    real_kit: Any, certificate: Path
) -> None:
    """Fault matrix, row 15: nothing is sent, and there is no way round it."""
    async with tls_vendor(certificate) as (url, requests), transport(real_kit) as send:
        with pytest.raises(TlsFailure) as caught:
            await send(at(real_kit, url))
    assert (caught.value.sent, requests) == (False, [])


async def test_a_vendor_may_have_an_authority_of_its_own(real_kit: Any, certificate: Path) -> None:
    trust = {real_kit.laws.vendor: ssl.create_default_context(cafile=str(certificate))}
    async with (
        tls_vendor(certificate) as (url, requests),
        open_transport(real_kit.clock, lambda sealed: Secret("s3cret"), LOOPBACK, trust) as send,
    ):
        assert (await send(at(real_kit, url))).status == 200
    assert len(requests) == 1


async def test_the_secret_is_opened_at_the_last_moment_only(real_kit: Any) -> None:
    opened: list[str] = []

    def opener(sealed: Any) -> Secret:
        opened.append(sealed.slot)
        return Secret("s3cret")

    sealed = real_kit.desk.account.credential("key")
    async with open_transport(real_kit.clock, opener, ()) as send:
        for url in ("http://127.0.0.1:1", "https://10.0.0.1"):
            call = replace(at(real_kit, url), auth=Auth(InHeader("X-Auth"), sealed))
            with pytest.raises(Failure):
                await send(call)
    assert opened == []
