"""Adds an agency's accounts, and finds out whether their credentials are good."""

import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from msgspec import structs

from ..contract import CredentialSlot, SlotShape, Vendor, Verification
from ..domain.caller import AgencyId
from ..domain.clock import Clock
from ..domain.events import CallFinished, CapabilityLearned, CredentialRejected, Event
from ..domain.failures import BadInput, CredentialRefused, NotFound
from ..domain.model import SealedCredential, TokenFacts, VendorAccount
from ..domain.secret import Secret
from ..domain.vendor import VendorName
from ..storage.port import Storage
from ..storage.values import NewAccount, NewCredential
from .connect import Connector, Inquiry, Surrogate
from .listing import told_token

_HOST_LABEL = re.compile("[a-z0-9-]{1,63}")
_KEY = re.compile("[a-z_]{1,20}")

Seal = Callable[..., bytes]
"""The vault's `seal`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCredentials:
    """A credential file, taken apart: secrets by (slot, holder), and the public options."""

    secrets: Mapping[tuple[CredentialSlot, str], Secret]
    options: Mapping[str, str]


def read_credentials(vendor: Vendor, raw: Any) -> NewCredentials:
    """The credentials in a credential file (contract page); `BadInput` names the key at fault.

    A bare string fills the vendor's first slot. Values are never echoed.
    """
    if isinstance(raw, str):
        raw = {vendor.slots[0].name: raw}
    if not isinstance(raw, dict):
        raise BadInput("A credential file holds a JSON object or one string.")
    slots = {slot.name: slot for slot in vendor.slots}
    for key in raw:
        if key not in slots and key not in vendor.options:
            known = ", ".join([*slots, *vendor.options])
            # A file with key and value swapped must not have its secret told.
            named = key if _KEY.fullmatch(key) else "what is named there"
            message = f"`{named}` is not a credential key of {vendor.title}, which has {known}."
            raise BadInput(message, field=(named,))
    secrets = {
        (slot, holder): Secret(value)
        for name, slot in slots.items()
        if raw.get(name) is not None
        for holder, value in _values(slot, raw[name])
    }
    options = {name: raw[name] for name in vendor.options if raw.get(name) is not None}
    for name, value in options.items():
        if not isinstance(value, str):
            raise BadInput(f"`{name}` must be a string.", field=(name,))
    if not secrets:
        raise BadInput("The credential file holds no credential.", field=(vendor.slots[0].name,))
    return NewCredentials(secrets=secrets, options=options)


def _values(slot: CredentialSlot, raw: Any) -> Iterator[tuple[str, str]]:
    """(holder, value) of each credential in a slot."""
    match slot.shape, raw:
        case SlotShape.ONE, str():
            pairs = [("", raw)]
        case SlotShape.LIST, list():
            pairs = [(str(place), value) for place, value in enumerate(raw)]
        case SlotShape.BY_HOLDER, dict():
            pairs = list(raw.items())
        case _:
            shapes = {
                SlotShape.ONE: "a string",
                SlotShape.LIST: "a list of strings",
                SlotShape.BY_HOLDER: "an object of strings by holder",
            }
            raise BadInput(f"`{slot.name}` must be {shapes[slot.shape]}.", field=(slot.name,))
    for holder, value in pairs:
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            field = (slot.name, holder) if holder else (slot.name,)
            message = f"`{slot.name}` must hold printable characters, and not be empty."
            raise BadInput(message, field=field)
        yield holder, value.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """What an operator tells of an account; `created_at` is when its tokens were made."""

    vendor: VendorName
    name: str
    credentials: Any
    regions: tuple[str, ...] = ()
    base_url: str | None = None
    created_at: datetime | None = None
    capabilities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Adds and checks accounts, on behalf of an operator."""

    storage: Storage
    connector: Connector
    seal: Seal
    surrogate: Surrogate
    clock: Clock

    async def add(
        self, agency: AgencyId, facts: AccountFacts, inquiry: Inquiry, *, actor: str
    ) -> tuple[VendorAccount, tuple[Verification, ...]]:
        """A new account, its credentials sealed.

        Where only the credential tells which client it opens, the vendor is asked at once; what it
        answered comes back too. Raises `BadInput`, `Conflict`, `NotFound`.
        """
        vendor = self.connector.vendors[facts.vendor]
        _check(vendor, facts)
        credentials = read_credentials(vendor, facts.credentials)
        account = await self.storage.add_account(
            agency,
            NewAccount(
                vendor=facts.vendor,
                name=facts.name,
                regions=facts.regions or vendor.regions,
                base_url=facts.base_url,
                options=credentials.options,
                capabilities=facts.capabilities,
                credentials=tuple(
                    self._sealed(agency, vendor, facts, slot, holder, secret)
                    for (slot, holder), secret in credentials.secrets.items()
                ),
            ),
            actor=actor,
            at=self.clock.now(),
        )
        if not vendor.reveals_clients:
            return account, ()
        return account, await self.check(agency, account.id, inquiry, actor=actor)

    async def check(
        self, agency: AgencyId, account: int, inquiry: Inquiry, *, actor: str
    ) -> tuple[Verification, ...]:
        """Make the vendor's cheapest harmless calls, and remember what they show."""
        found = await self.storage.account(agency, account)
        if found is None:
            raise NotFound("There is no such account.")
        verifications = await self.connector.operations(found, inquiry).verify()
        now = self.clock.now()
        for shown in verifications:
            held = found.credential(shown.slot, shown.holder)
            if held is not None and _is_verdict(shown):
                accepted = shown.failure is None
                await self.storage.mark_credential(agency, held.id, accepted=accepted, at=now)
            for name, granted in shown.capabilities.items():
                await self.storage.learn_capability(agency, account, name, granted)
            for vendor_id in shown.clients:
                await self.storage.tell_client(
                    agency, account, vendor_id, None, actor=actor, at=now
                )
        return verifications

    async def rotate(
        self,
        agency: AgencyId,
        account: int,
        raw: Any,
        created_at: datetime | None,
        inquiry: Inquiry,
        *,
        actor: str,
    ) -> tuple[tuple[SealedCredential, ...], tuple[str, ...]]:
        """New values for credentials of an account: each slot named in the file is tried, and then
        replaced. What could not be tried is told in sentences. Raises the `Failure` of the first
        that is not accepted; nothing is replaced then."""
        found = await self.storage.account(agency, account)
        if found is None:
            raise NotFound("There is no such account.")
        vendor = self.connector.vendors[found.vendor]
        fresh: list[NewCredential] = []
        warnings: list[str] = []
        for (slot, holder), secret in read_credentials(vendor, raw).secrets.items():
            made = created_at or self.clock.now()
            credential = self.sealed(found, slot, holder, secret, created_at=made)
            held = found.credential(slot.name, holder)
            if held is not None:
                warnings += await self.probe(found, held, credential, inquiry)
            fresh.append(credential)
        replaced = [
            await self.storage.replace_credential(
                agency, account, credential, actor=actor, at=self.clock.now()
            )
            for credential in fresh
        ]
        return tuple(replaced), tuple(warnings)

    def replacement(
        self,
        account: VendorAccount,
        held: SealedCredential,
        secret: Secret,
        created_at: datetime | None,
    ) -> NewCredential:
        """A new value in the place of a held one; made now unless it is known when."""
        vendor = self.connector.vendor(account)
        slot = next(each for each in vendor.slots if each.name == held.slot)
        made = created_at or self.clock.now()
        return self.sealed(account, slot, held.holder, secret, created_at=made)

    async def probe(
        self,
        account: VendorAccount,
        held: SealedCredential,
        new: NewCredential,
        inquiry: Inquiry,
    ) -> tuple[str, ...]:
        """Try a new value before it takes the old one's place; nothing is kept of it.

        Raises the Failure that the vendor answers. A sentence when the vendor offers nothing
        harmless to try it with. Its generation is one of its own, so that what the stack learns of
        a bad value is never held against the next; nor does what is observed of it say anything of
        the value that is in force.
        """
        tried = structs.replace(
            held, envelope=new.envelope, generation=secrets.randbits(60) + 2**60, refused=False
        )
        trial = structs.replace(account, credentials=(tried,))
        inquiry = replace(inquiry, observe=_of_no_credential(inquiry.observe))
        for shown in await self.connector.operations(trial, inquiry).verify():
            if (shown.slot, shown.holder) == (held.slot, held.holder):
                if shown.failure is not None:
                    raise shown.failure
                return ()
        words = held.slot.replace("_", " ")
        return (f"The vendor offers no harmless call to try the {words} with: it is untried.",)

    def sealed(
        self,
        account: VendorAccount,
        slot: CredentialSlot,
        holder: str,
        secret: Secret,
        *,
        facts: TokenFacts | None = None,
        created_at: datetime | None = None,
    ) -> NewCredential:
        """A credential of an account, sealed, with what is told of its token."""
        vendor = self.connector.vendor(account)
        told = AccountFacts(
            vendor=account.vendor, name=account.name, credentials=None, created_at=created_at
        )
        new = self._sealed(account.agency, vendor, told, slot, holder, secret)
        return new if facts is None else replace(new, told=told_token(vendor, facts))

    def _sealed(
        self,
        agency: AgencyId,
        vendor: Vendor,
        facts: AccountFacts,
        slot: CredentialSlot,
        holder: str,
        secret: Secret,
    ) -> NewCredential:
        value = secret.reveal()
        token = TokenFacts(
            key=self.surrogate(agency, vendor.name, facts.name, value),
            kind=slot.kind,
            # Four characters of a short value would tell too much of it.
            hint=value[-4:] if len(value) >= 16 else None,
            created_at=facts.created_at,
            client_vendor_id=holder if slot.shape is SlotShape.BY_HOLDER else None,
        )
        envelope = self.seal(
            secret,
            agency=agency,
            vendor=vendor.name,
            account_name=facts.name,
            slot=slot.name,
            holder=holder,
        )
        return NewCredential(
            slot=slot.name, holder=holder, envelope=envelope, told=told_token(vendor, token)
        )


def _check(vendor: Vendor, facts: AccountFacts) -> None:
    """Raise `BadInput` for facts that the vendor cannot have."""
    if set(facts.capabilities) - set(vendor.permissions):
        words = ", ".join(vendor.permissions) or "none"
        raise BadInput(f"{vendor.title} has the capabilities {words}.", field=("capability",))
    if facts.regions and not vendor.regions:
        raise BadInput(f"{vendor.title} has no regions.", field=("region",))
    if vendor.one_region and len(facts.regions) > 1:
        message = f"An account at {vendor.title} lives in one region: add one for each."
        raise BadInput(message, field=("region",))
    if not all(_HOST_LABEL.fullmatch(region) for region in facts.regions):
        # It becomes a part of a host name.
        message = "A region is a word of small letters, digits and hyphens, such as useast2."
        raise BadInput(message, field=("region",))


def _is_verdict(shown: Verification) -> bool:
    """Whether a verification says anything of the credential: an unreachable vendor does not."""
    return shown.failure is None or isinstance(shown.failure, CredentialRefused)


def _of_no_credential(observe: Callable[[Event], None]) -> Callable[[Event], None]:
    """Tells of calls, and nothing of the credential that they were made with."""

    def told(event: Event) -> None:
        if isinstance(event, CallFinished):
            observe(replace(event, credential=None))
        elif not isinstance(event, CapabilityLearned | CredentialRejected):
            observe(event)

    return told
