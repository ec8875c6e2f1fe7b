"""Callers' API keys: how one looks, and how a request that brings one becomes a `Caller`.

A key is `gw_<id>_<secret><checksum>`, after GitHub's format: the id (public, 12 characters of
base32) finds the key in storage, the secret is 32 random bytes in base62 (43), and the checksum is
the CRC-32 of all before it in base62 (6), so that scanners can tell a real key without asking us.
"""

import re
import zlib
from base64 import b32encode
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any

from ..domain.caller import Caller, Scope
from ..domain.clock import Clock
from ..domain.failures import Failure, Unauthenticated
from ..domain.secret import Secret
from ..storage import port

_ALPHABET = digits + ascii_uppercase + ascii_lowercase
_SHAPE = re.compile("(gw_([a-z2-7]{12})_[0-9A-Za-z]{43})([0-9A-Za-z]{6})")
_NOBODY = bytes(32)

VERDICT_SECONDS = 5.0
"""So long a key that was good stays good without asking storage; so does a revoked one."""

VERDICTS = 10_000
"""So many verdicts are remembered; the one not used for longest goes first."""

TOUCH_SECONDS = 60.0
"""The use of a key is written down at most this often."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key in the right form, which says nothing of whether it is known."""

    id: str
    secret: Secret


def mint(random: Callable[[int], bytes]) -> Key:
    """A new key; `random` answers so many random bytes, such as `secrets.token_bytes`."""
    id = b32encode(random(8)).decode().lower()[:12]
    body = f"gw_{id}_{_base62(int.from_bytes(random(32), 'big'), 43)}"
    return Key(id, Secret(body + _checksum(body)))


def parse(text: str) -> Key | None:
    """The key in a text, None when its form or its checksum is wrong."""
    found = _SHAPE.fullmatch(text)
    if found is None or _checksum(found[1]) != found[3]:
        return None
    return Key(found[2], Secret(text))


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), 6)


def _base62(number: int, width: int) -> str:
    text = ""
    for _ in range(width):
        number, digit = divmod(number, 62)
        text = _ALPHABET[digit] + text
    return text


Later = Callable[[Coroutine[Any, Any, None]], object]
"""Runs a coroutine beside the answer, such as a task group's `create_task`."""


@dataclass(slots=True)
class _Use:
    """What is to be written of one key's use, and when it last was."""

    written: float | None = None
    scopes: set[Scope] = field(default_factory=set)


class Callers:
    """Knows callers by their keys, and keeps account of when keys and their scopes were used.

    `digest` is the vault's `digest_api_key`. Verdicts are remembered by digest, never by key, and
    only good ones: a wrong key costs storage one look-up by primary key each time.
    """

    def __init__(
        self,
        keys: port.Callers,
        *,
        digest: Callable[[Secret], bytes],
        later: Later,
        clock: Clock,
    ) -> None:
        self._keys = keys
        self._digest = digest
        self._later = later
        self._clock = clock
        self._verdicts: OrderedDict[bytes, tuple[Caller, float]] = OrderedDict()
        self._uses: dict[str, _Use] = {}

    async def authenticate(self, headers: Mapping[str, str]) -> Caller:
        """The caller whose key is in `Authorization: Bearer` or, without that, in `X-API-Key`.

        Header names are asked for in lower case. Raises `Unauthenticated`, always with the same
        words, and `StorageUnavailable`.
        """
        key = _presented(headers)
        if key is None:
            raise _unauthenticated()
        digest = self._digest(key.secret)
        caller = self._remembered(digest)
        if caller is None:
            caller = await self._verdict(key.id, digest)
        self.used(caller, frozenset())
        return caller

    def used(self, caller: Caller, scopes: frozenset[Scope]) -> None:
        """The caller used these scopes now; written down later, at most once a minute."""
        use = self._uses.setdefault(caller.key_id, _Use())
        use.scopes |= scopes
        now = self._clock.monotonic()
        if use.written is None or now - use.written >= TOUCH_SECONDS:
            use.written = now
            self._later(self._write(caller.key_id, use))

    async def flush(self) -> None:
        """Write down the scopes still to be written, before the end."""
        for key_id, use in list(self._uses.items()):
            if use.scopes:
                await self._write(key_id, use)

    def _remembered(self, digest: bytes) -> Caller | None:
        caller, until = self._verdicts.get(digest, (None, 0.0))
        if caller is None or until <= self._clock.monotonic():
            self._verdicts.pop(digest, None)
            return None
        self._verdicts.move_to_end(digest)
        return caller

    async def _verdict(self, id: str, digest: bytes) -> Caller:
        stored = await self._keys.key(id)
        # Compared on a miss too, so that the time taken does not tell which ids exist.
        same = compare_digest(digest, _NOBODY if stored is None else stored.digest)
        if stored is None or not same or stored.revoked_at is not None:
            raise _unauthenticated()
        caller = Caller(stored.id, stored.name, stored.agencies, stored.scopes)
        self._verdicts[digest] = (caller, self._clock.monotonic() + VERDICT_SECONDS)
        if len(self._verdicts) > VERDICTS:
            self._verdicts.popitem(last=False)
        return caller

    async def _write(self, key_id: str, use: _Use) -> None:
        scopes = frozenset(use.scopes)
        use.scopes.clear()
        try:
            await self._keys.touch_key(key_id, scopes, self._clock.now())
        except Failure:
            use.scopes |= scopes  # storage is down: the next write tells it


def _presented(headers: Mapping[str, str]) -> Key | None:
    authorization = headers.get("authorization")
    if authorization is None:
        return parse(headers.get("x-api-key", "").strip())
    scheme, _, text = authorization.partition(" ")
    return parse(text.strip()) if scheme.lower() == "bearer" else None


def _unauthenticated() -> Unauthenticated:
    return Unauthenticated(
        "A valid API key is needed, as `Authorization: Bearer <key>` or as `X-API-Key: <key>`."
    )
