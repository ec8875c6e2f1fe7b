"""Writes about access links."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from msgspec import Struct, structs

from ...contract import Made
from ...domain.changes import LinkUpdate, NewLink
from ...domain.failures import (
    BadInput,
    ConfirmationRequired,
    Conflict,
    Failure,
    NotFound,
)
from ...domain.intents import Problem, Subject, SubjectKind
from ...domain.model import LinkService, LinkValues, VendorAccount
from ...storage.values import KeepClient, KeepLink
from .journaling import Journaling
from .kinds import Desk, Kept, Kind, read_back
from .placing import place
from .turns import Turns
from .writing import Outcome, Writing, refused


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkWish:
    """What a caller wants of a new link; `redirect_url` as it was given."""

    services: tuple[LinkService, ...]
    intake_form: bool = False
    send_email: bool = False
    thank_you_message: str | None = None
    redirect_url: str | None = None
    retain_tokens: bool = False


# ── What the journal keeps ────────────────────────────────────────────────────────────────────


class Creation(Struct, frozen=True, kw_only=True):
    """A link to create."""

    account: int
    new: NewLink


class Alteration(Struct, frozen=True, kw_only=True):
    """A link's services to send anew."""

    account: int
    client_vendor_id: str
    update: LinkUpdate


class Adoption(Struct, frozen=True, kw_only=True):
    """A link that exists."""

    account: int
    vendor_id: str


async def _created(desk: Desk, made: Creation, what: Made) -> Kept:
    values, warnings = await read_back(desk.link(what.vendor_id))
    if values is not None and what.invite_url and not values.invite_url:
        values = structs.replace(values, invite_url=what.invite_url)
    keep = KeepLink(
        account=made.account,
        vendor_id=what.vendor_id,
        client_vendor_id=made.new.client_vendor_id,
        values=values,
    )
    return Kept(changes=(keep,), warnings=(*what.warnings, *warnings))


async def _updated(desk: Desk, part: Alteration, what: Made) -> Kept:
    values, warnings = await read_back(desk.link(part.update.vendor_id))
    keep = KeepLink(
        account=part.account,
        vendor_id=part.update.vendor_id,
        client_vendor_id=part.client_vendor_id,
        values=values,
    )
    problems = () if values is None else tuple(vanished(part.update.services, values))
    return Kept(changes=(keep,), problems=problems, warnings=(*what.warnings, *warnings))


CREATE_LINK = Kind(
    operation="createLink",
    choose=lambda operations: operations.create_link,
    arguments=Creation,
    values=lambda made: made.new,
    keep=_created,
    by_hand=lambda made, vendor_id: Made(vendor_id) if vendor_id else None,
    look=lambda desk, vendor_id: desk.link(vendor_id),
)

UPDATE_LINK = Kind(
    operation="updateLink",
    choose=lambda operations: operations.update_link,
    arguments=Alteration,
    values=lambda part: part.update,
    keep=_updated,
    by_hand=lambda part, _: Made(part.update.vendor_id),
)


# ── Decisions ─────────────────────────────────────────────────────────────────────────────────

_SCHEME = re.compile(r"^([a-z][a-z0-9+.-]*):(?=//|[^0-9])", re.IGNORECASE)


def absolute(redirect: str | None) -> str | None:
    """Where the client is sent, with `https://`; raises `BadInput` for another scheme."""
    if redirect is None or not redirect.strip():
        return None
    address = redirect.strip()
    scheme = _SCHEME.match(address)
    if scheme is None:
        address = f"https://{address.removeprefix('//')}"
    elif scheme[1].lower() != "https":
        raise BadInput("Only https:// is taken.", field=("redirectUrl",))
    if not address[8:].strip("/") or any(each.isspace() for each in address):
        raise BadInput("It must be an address.", field=("redirectUrl",))
    return address


def differing(
    current: LinkValues, wanted: Sequence[LinkService]
) -> tuple[tuple[LinkService, ...], bool]:
    """What has to be sent of the services that were named, and whether something granted is in it.

    What a named service leaves out (level, linked accounts) stays as the link has it.
    """
    held = {(each.platform, each.service): each for each in current.services}
    send: list[LinkService] = []
    regrant = False
    for each in wanted:
        known = held.get((each.platform, each.service))
        full = each if known is None else _completed(each, known)
        if known is None or not _same(full, known):
            send.append(full)
            regrant |= known is not None and known.granted
    return tuple(send), regrant


def vanished(sent: Sequence[LinkService], values: LinkValues) -> list[Problem]:
    """Services that were sent and that the link does not have."""
    held = {(each.platform, each.service) for each in values.services}
    return [
        Problem.of(
            Conflict(f"The vendor took the change, but the link has no {each.service} now."),
            ("input", "services", str(place)),
        )
        for place, each in enumerate(sent)
        if (each.platform, each.service) not in held
    ]


def _completed(wanted: LinkService, known: LinkService) -> LinkService:
    return structs.replace(
        wanted,
        access_level=wanted.access_level or known.access_level,
        linked_accounts=wanted.linked_accounts or known.linked_accounts,
    )


def _same(wanted: LinkService, known: LinkService) -> bool:
    return (
        wanted.requested == known.requested
        and _plain(wanted.access_level) == _plain(known.access_level)
        and set(wanted.linked_accounts) == set(known.linked_accounts)
    )


def _plain(level: str | None) -> str:
    """A level without its spelling: vendors write one and the same in several ways."""
    return re.sub("[ _-]", "", level or "").casefold()


# ── The writes ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class LinkChanges:
    """Create, change and adopt links; arguments are row ids."""

    journaling: Journaling
    turns: Turns

    async def create(
        self, writing: Writing, client: int, wish: LinkWish, *, account: int | None = None
    ) -> Outcome:
        """A link for a client; the result is the LINK."""
        journaling = self.journaling
        if (earlier := await journaling.earlier(writing)) is not None:
            return earlier
        try:
            redirect = absolute(wish.redirect_url)
            found, vendor_id = await place(journaling, writing, client, account, "createLink")
        except Failure as failure:
            return refused(failure, "clientId")
        if not wish.services:
            return refused(BadInput("Ask for at least one service."), "services")
        new = NewLink(
            client_vendor_id=vendor_id,
            services=wish.services,
            intake_form=wish.intake_form,
            send_email=wish.send_email,
            thank_you_message=wish.thank_you_message or None,
            redirect_url=redirect,
            retain_tokens=wish.retain_tokens,
        )
        arguments = Creation(account=found.id, new=new)
        return await journaling.write(writing, found, CREATE_LINK, arguments)

    async def update(
        self,
        writing: Writing,
        link: int,
        services: tuple[LinkService, ...],
        *,
        confirm_regrant: bool = False,
    ) -> Outcome:
        """A patch of what a link asks for; the result is the LINK."""
        journaling = self.journaling
        if (earlier := await journaling.earlier(writing)) is not None:
            return earlier
        known = (await journaling.storage.links(writing.agency, [link])).get(link)
        if known is None:
            return refused(NotFound("There is no such link."), "id")
        if repeated := _repeated(services):
            return repeated
        account = await journaling.storage.account(writing.agency, known.account)
        if account is None:
            return refused(NotFound("There is no such account."), "id")
        async with self.turns.of(writing.agency, [link]) as turn:
            writing = replace(writing, turn=turn)
            try:
                current = await journaling.desk(account, writing.inquiry).link(known.vendor_id)
            except Failure as failure:
                return refused(failure, "id")
            return await self._send(
                writing, account, link, known.vendor_id, current, services, confirm_regrant
            )

    async def _send(
        self,
        writing: Writing,
        account: VendorAccount,
        link: int,
        vendor_id: str,
        current: LinkValues,
        services: tuple[LinkService, ...],
        confirm_regrant: bool,
    ) -> Outcome:
        send, regrant = differing(current, services)
        if not send:
            return Outcome(result=Subject(SubjectKind.LINK, link))
        if regrant and not confirm_regrant:
            message = (
                "The client has granted what changes and would have to grant it again:"
                " accept that with confirmRegrant."
            )
            return refused(ConfirmationRequired(message), "confirmRegrant")
        arguments = Alteration(
            account=account.id,
            client_vendor_id=current.client_vendor_id,
            update=LinkUpdate(vendor_id=vendor_id, services=send),
        )
        outcome = await self.journaling.write(writing, account, UPDATE_LINK, arguments)
        if outcome.result is None:
            return replace(outcome, result=Subject(SubjectKind.LINK, link))
        return outcome

    async def adopt(self, writing: Writing, account: int, vendor_id: str) -> Outcome:
        """A link that exists at a vendor, and its client with it; the result is the LINK."""
        journaling = self.journaling
        if (earlier := await journaling.earlier(writing)) is not None:
            return earlier
        found = await journaling.storage.account(writing.agency, account)
        if found is None:
            return refused(NotFound("There is no such account."), "accountId")
        desk = journaling.desk(found, writing.inquiry)
        if desk.operations.get_links is None:
            return refused(journaling.unsupported(found, "link"), "accountId")
        try:
            values = await desk.link(vendor_id)
        except Failure as failure:
            return refused(failure, "vendorId")
        keep = KeepLink(
            account=account,
            vendor_id=vendor_id,
            client_vendor_id=values.client_vendor_id,
            values=values,
        )
        try:
            client = await desk.client(values.client_vendor_id)
        except Failure as failure:
            kept = Kept(
                changes=(keep,),
                warnings=(f"Its client could not be read: {failure.message}",),
            )
        else:
            meet = KeepClient(account=account, vendor_id=values.client_vendor_id, values=client)
            kept = Kept(changes=(keep, meet))
        arguments = Adoption(account=account, vendor_id=vendor_id)
        return await journaling.record(writing, arguments, kept, found)


def _repeated(services: Sequence[LinkService]) -> Outcome | None:
    """A service may be named once."""
    seen = set()
    for number, each in enumerate(services):
        if (each.platform, each.service) in seen:
            return refused(BadInput("It is named twice."), "services", str(number), "service")
        seen.add((each.platform, each.service))
    return None
