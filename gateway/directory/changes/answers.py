"""Vendors' raw answers to writes, as the journal keeps them: sealed until they are judged."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from ...domain.model import SealedCredential, VendorAccount
from ...domain.secret import Secret
from ...upstream.exchange import Reply

_SLOT = "intent"
"""No vendor's slot has this name, so that no answer opens as a credential."""


class _Kept(msgspec.Struct, frozen=True):
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Answers:
    """Seals and opens answers; bound to the agency, the account and the intent."""

    seal: Callable[..., bytes]
    open: Callable[[SealedCredential], Secret]

    def keep(self, account: VendorAccount, intent: int, reply: Reply) -> bytes:
        """The answer, sealed."""
        # aiohttp's names are of a type of its own; in small letters they are plain text.
        headers = tuple((_text(name.lower()), _text(value)) for name, value in reply.headers)
        kept = _Kept(reply.status, headers, reply.body, reply.at)
        return self.seal(
            Secret(msgspec.json.encode(kept).decode()),
            agency=account.agency,
            vendor=account.vendor,
            account_name=account.name,
            slot=_SLOT,
            holder=str(intent),
        )

    def read(self, account: VendorAccount, intent: int, sealed: bytes) -> Reply:
        """The answer again; raises the vault's failure when it does not open."""
        envelope = SealedCredential(
            id=0,
            agency=account.agency,
            account=account.id,
            vendor=account.vendor,
            account_name=account.name,
            slot=_SLOT,
            holder=str(intent),
            generation=0,
            envelope=sealed,
            token=0,
        )
        kept = msgspec.json.decode(self.open(envelope).reveal(), type=_Kept)
        return Reply(kept.status, kept.body, kept.headers, at=kept.at)


def _text(header: str) -> str:
    """A header as text that can be written down: aiohttp leaves half surrogates for odd bytes."""
    return header.encode("utf-8", "replace").decode()
