"""One request over aiohttp, with everything switched off that is not needed."""

import ssl
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from ... import __version__
from ...domain.clock import Clock
from ...domain.events import CallSent
from ...domain.failures import DeadlineExceeded, Malformed, TlsFailure
from ...domain.model import SealedCredential
from ...domain.secret import Secret
from ...domain.vendor import VendorName
from ..exchange import Call, Reply
from ..subject import named, subject
from . import faults
from .addresses import PublicResolver, is_literal, is_public
from .bulk import OpenAnswer
from .signing import Signed, sign
from .waiting import LONGEST, SILENCE, within

Opener = Callable[[SealedCredential], Secret]
"""Opens a sealed credential: the vault's, and handed to transport alone."""

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
"""The hosts that development and demo may reach by plain http."""

LARGEST = 8 * 2**20
"""Bytes of a decoded body, at most."""

_CONNECT = 5.0
_CHUNK = 64 * 2**10
_PER_HOST = 64
_NEVER_KEPT = frozenset({"set-cookie", "set-cookie2"})


@dataclass(slots=True)
class _Progress:
    """How far a request has come."""

    started: float
    sent: bool = False
    status: int | None = None

    def left(self) -> bool | None:
        """What a failure may say of `sent` now: handed to the socket is not known to have left."""
        return None if self.sent else False


class Transport:
    """Sends a call and reads its reply whole; the one place where a credential is opened.

    Of a stream it reads the first bytes, and leaves the open rest at the call's tap.

    No redirects, cookies, proxies or .netrc; connections are shared, for nothing of one caller
    stays on them. aiohttp's own repeat of a GET is off, as repeats are `retry`'s to count. Raises
    failures that hold no URL, for its query may hold a secret.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        clock: Clock,
        opener: Opener,
        insecure_hosts: Collection[str],
        trust: Mapping[VendorName, ssl.SSLContext],
        silence: float,
    ) -> None:
        self._session = session
        self._clock = clock
        self._opener = opener
        self._insecure_hosts = insecure_hosts
        self._trust = trust
        self._silence = silence

    async def __call__(self, call: Call) -> Reply:
        self._check_host(call)
        longest = LONGEST if call.tap is None else self._silence
        seconds = min(longest, call.bound.deadline.remaining(self._clock))
        if seconds <= 0:
            raise named(DeadlineExceeded("The deadline passed before sending.", sent=False), call)
        progress = _Progress(self._clock.monotonic())
        signed = sign(call, self._secret(call))
        try:
            return await within(
                seconds, self._exchange(call, signed, progress), call, progress.left
            )
        finally:
            self._tell(call, progress)

    def _check_host(self, call: Call) -> None:
        parts = urlsplit(call.url)
        host = parts.hostname or ""
        if host in self._insecure_hosts and parts.scheme in ("http", "https"):
            return
        if parts.scheme != "https":
            raise named(
                TlsFailure("The vendor's address has no encryption; nothing was sent.", sent=False),
                call,
            )
        if is_literal(host) and not is_public(host):
            raise named(faults.refused_address(), call)

    def _secret(self, call: Call) -> Secret | None:
        if call.auth is None:
            return None
        held = call.auth.secret
        return held if isinstance(held, Secret) else self._opener(held)

    async def _exchange(self, call: Call, signed: Signed, progress: _Progress) -> Reply:
        response = await self._session.request(
            call.method,
            _as_written(signed.url),
            headers=signed.headers,
            data=signed.body or None,
            allow_redirects=False,
            ssl=self._trust.get(call.bound.laws.vendor, True),
            trace_request_ctx=progress,
        )
        progress.status = response.status
        return Reply(
            status=response.status,
            body=await self._body(call, response),
            headers=tuple(
                (name, value)
                for name, value in response.headers.items()
                if name.lower() not in _NEVER_KEPT
            ),
            at=self._clock.now(),
        )

    async def _body(self, call: Call, response: aiohttp.ClientResponse) -> bytes:
        """The whole body, or a stream's first bytes: the tap then owns the open answer."""
        if call.tap is not None:
            rest = OpenAnswer(response, call, self._clock, self._silence)
            call.tap.attach(rest)
            return await rest.head()
        async with response:
            return await _read(response)

    def _tell(self, call: Call, progress: _Progress) -> None:
        if progress.sent:
            seconds = self._clock.monotonic() - progress.started
            call.bound.observe(CallSent(**subject(call), seconds=seconds, status=progress.status))


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The decoded body, piece by piece: a bomb is cut where it grows too large."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > LARGEST:
            response.close()
            raise Malformed("The vendor's answer is too large.", sent=True)
    return bytes(body)


def _as_written(url: str) -> URL:
    """The URL exactly as signed: no second round of quoting, no dot segments resolved."""
    return URL(url, encoded=True)


async def _note_sent(
    session: aiohttp.ClientSession,
    context: SimpleNamespace,
    params: aiohttp.TraceRequestHeadersSentParams,
) -> None:
    context.trace_request_ctx.sent = True


@asynccontextmanager
async def open_transport(
    clock: Clock,
    opener: Opener,
    insecure_hosts: Collection[str] = (),
    trust: Mapping[VendorName, ssl.SSLContext] | None = None,
    silence: float = SILENCE,
) -> AsyncIterator[Transport]:
    """A transport with its pool of connections.

    `insecure_hosts` may be reached by plain http and at private addresses: development only.
    `trust` replaces the system's certificate authorities for a vendor (`vendors.<vendor>.ca_file`).
    A stream that is without a byte for `silence` seconds is given up.
    """
    tracing = aiohttp.TraceConfig()
    tracing.on_request_headers_sent.append(_note_sent)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=0, limit_per_host=_PER_HOST, resolver=PublicResolver(insecure_hosts)
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={
            "User-Agent": f"agency-gateway/{__version__}",
            "Accept-Encoding": "gzip, deflate",
        },
        skip_auto_headers=("Content-Type",),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT),
        trace_configs=[tracing],
        trust_env=False,
    ) as session:
        session._retry_connection = False  # it would send a GET twice without telling
        yield Transport(session, clock, opener, insecure_hosts, trust or {}, silence)
