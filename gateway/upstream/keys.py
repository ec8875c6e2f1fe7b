"""What calls are told apart by: the vendor's host, and a key that reveals nothing.

Cache and flights share one key of the outgoing request, as every part of it may change the answer
(peers page: a key without the credential leaks answers, one with the caller's headers shares none).
"""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from .exchange import Call


def host_of(call: Call) -> str:
    """The host and port that the call goes to, region filled in, as in `app1.example.com`."""
    return urlsplit(call.url).netloc


CredentialKey = tuple[int, int, str, str, int, int]
"""(agency, account, slot, holder, credential id, generation); the last two 0 when there is none."""


def credential_key(call: Call) -> CredentialKey:
    """Which credential signs the call: its place and its generation, never its value."""
    account = call.bound.account
    held = account.credential(call.slot, call.holder) if call.slot else None
    place = (account.agency, account.id, call.slot, call.holder)
    return (*place, 0, 0) if held is None else (*place, held.id, held.generation)


@dataclass(frozen=True, slots=True)
class Keys:
    """Makes the key of a call: an HMAC under a secret of this installation.

    So that who can read the store can neither tell what was asked nor guess it by trying.
    """

    secret: bytes

    def of(self, call: Call, generation: int) -> str:
        """The key; `generation` is the account's in the store, raised to forget all it has said."""
        laws = call.bound.laws
        parts = (
            *(str(part) for part in credential_key(call)),
            str(generation),
            laws.vendor.value,
            call.operation,
            call.region,
            call.method,
            call.url,
            *_flat(call.query),
            *_flat(call.headers),
        )
        return hmac.new(self.secret, _framed(parts) + call.body, sha256).hexdigest()


def _flat(pairs: tuple[tuple[str, str], ...]) -> Iterable[str]:
    yield str(len(pairs))
    for name, value in pairs:
        yield name
        yield value


def _framed(parts: Iterable[str]) -> bytes:
    """The parts with their lengths before them: no two lists of parts look alike."""
    return b"".join(len(raw).to_bytes(4, "big") + raw for raw in (part.encode() for part in parts))
