"""Writes about tokens and the credentials that the gateway holds."""

from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct, structs

from ...contract import Issued, Made, SlotShape, TokenManager, Vendor
from ...domain.changes import NewToken, TokenRevocation, TokenUpdate
from ...domain.failures import (
    BadInput,
    ConfirmationRequired,
    Conflict,
    CredentialRefused,
    Failure,
    NotFound,
)
from ...domain.intents import IntentState, Problem, Subject, SubjectKind
from ...domain.model import Token, TokenFacts, TokenKind, TokenStatus, VendorAccount
from ...domain.secret import Secret
from ...domain.tokens import status
from ...storage.values import KeepToken, ReplaceCredential, RetellToken, TokenFilter, Window
from ..accounts import Accounts
from ..listing import told_token
from ..telling import told_key
from .journaling import Journaling
from .kinds import Desk, Kept, Kind
from .placing import place
from .token_checks import (
    check_made,
    check_name,
    check_permissions,
    check_registered,
    check_secret,
)
from .writing import Outcome, Writing, outcome_of, refused, told_again

# ── What the journal keeps ────────────────────────────────────────────────────────────────────


class Issue(Struct, frozen=True, kw_only=True):
    """A token for the vendor to make."""

    account: int
    new: NewToken


class Alteration(Struct, frozen=True, kw_only=True):
    """A change of a token at the vendor."""

    token: int
    update: TokenUpdate


class Revocation(Struct, frozen=True, kw_only=True):
    """A token to kill at the vendor."""

    token: int
    revocation: TokenRevocation


class Recorded(Struct, frozen=True, kw_only=True):
    """Arguments of a write that concerns the ledger or the vault only."""

    row: int
    facts: TokenFacts | None = None


async def _issued(desk: Desk, made: Issue, what: Issued) -> Kept:
    slot = next(
        each
        for each in desk.vendor.slots
        if each.kind is what.facts.kind and each.shape is SlotShape.BY_HOLDER
    )
    keep = KeepToken(
        account=made.account,
        told=told_token(desk.vendor, what.facts),
        credential=desk.sealed(
            desk.account, slot, made.new.client_vendor_id, what.secret, facts=what.facts
        ),
        listed=True,
    )
    return Kept(changes=(keep,))


async def _altered(desk: Desk, part: Alteration, facts: TokenFacts) -> Kept:
    return Kept(changes=(RetellToken(token=part.token, told=told_token(desk.vendor, facts)),))


async def _killed(_: Desk, part: Revocation, what: Made) -> Kept:
    return Kept(changes=(RetellToken(token=part.token, revoked=True),))


ISSUE_TOKEN = Kind(
    operation="issueToken",
    choose=lambda operations: operations.issue_token,
    arguments=Issue,
    values=lambda made: made.new,
    keep=_issued,
    # A person cannot hand over the value here: that is what rotateCredential is for.
    by_hand=lambda made, _: None,
)

UPDATE_TOKEN = Kind(
    operation="updateToken",
    choose=lambda operations: operations.update_token,
    arguments=Alteration,
    values=lambda part: part.update,
    keep=_altered,
    by_hand=lambda part, _: None,
)

REVOKE_TOKEN = Kind(
    operation="revokeToken",
    choose=lambda operations: operations.revoke_token,
    arguments=Revocation,
    values=lambda part: part.revocation,
    keep=_killed,
    by_hand=lambda part, _: Made(part.revocation.key),
)


# ── The writes ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class TokenChanges:
    """Issue, register, change, revoke and rotate; arguments are row ids, results TOKENs."""

    journaling: Journaling
    accounts: Accounts

    async def issue(
        self,
        writing: Writing,
        client: int,
        name: str,
        permissions: tuple[str, ...],
        *,
        account: int | None = None,
    ) -> Outcome:
        """A token that the vendor makes for a client; its value is sealed unseen."""
        journaling = self.journaling
        if (earlier := await journaling.earlier(writing)) is not None:
            return earlier
        try:
            found, vendor_id = await place(journaling, writing, client, account, "issueToken")
            check_name(name)
            check_permissions(journaling.connector.vendor(found), permissions)
        except Failure as failure:
            return refused(failure, "clientId")
        new = NewToken(client_vendor_id=vendor_id, name=name.strip(), permissions=permissions)
        return await journaling.write(writing, found, ISSUE_TOKEN, Issue(account=found.id, new=new))

    async def register(
        self,
        writing: Writing,
        account: int,
        kind: TokenKind,
        *,
        client: int | None = None,
        name: str | None = None,
        user: str | None = None,
        hint: str | None = None,
        permissions: tuple[str, ...] | None = None,
        created_at: datetime | None = None,
    ) -> Outcome:
        """Facts of a token that a person made."""
        journaling = self.journaling
        if (earlier := await journaling.earlier(writing)) is not None:
            return earlier
        found = await journaling.storage.account(writing.agency, account)
        if found is None:
            return refused(NotFound("There is no such account."), "accountId")
        vendor = journaling.connector.vendor(found)
        now = journaling.clock.now()
        facts = TokenFacts(
            key=told_key(self.accounts.surrogate, found, kind, name or "", user),
            kind=kind,
            name=name or None,
            hint=hint or None,
            user=user or None,
            permissions=permissions,
            created_at=created_at or now,
        )
        try:
            check_registered(vendor, facts, now)
            if client is not None:
                vendor_id = await self._record_of(writing, client, account)
                facts = structs.replace(facts, client_vendor_id=vendor_id)
            await self._check_law(writing, vendor, found, facts)
        except Failure as failure:
            return refused(failure, "kind")
        keep = KeepToken(account=account, told=told_token(vendor, facts))
        arguments = Recorded(row=account, facts=facts)
        return await journaling.record(writing, arguments, Kept(changes=(keep,)), found)

    async def update(
        self,
        writing: Writing,
        token: int,
        *,
        name: str | None = None,
        permissions: tuple[str, ...] | None = None,
        active: bool | None = None,
    ) -> Outcome:
        """A token at the vendor, or its recorded facts where a dashboard manages it."""
        if (earlier := await self.journaling.earlier(writing)) is not None:
            return earlier
        try:
            row, account = await self._row(writing, token)
            vendor = self.journaling.connector.vendor(account)
            if name is not None:
                check_name(name)
            if permissions is not None:
                check_permissions(vendor, permissions)
            at_vendor = self._at_vendor(writing, row, account)
            facts = await self._now(writing, row, account) if at_vendor else row.facts
        except Failure as failure:
            return refused(failure, "id")
        wanted = structs.replace(
            facts,
            name=facts.name if name is None else name.strip(),
            permissions=facts.permissions if permissions is None else permissions,
            active=facts.active if active is None else active,
        )
        if wanted == facts:
            return Outcome(result=Subject(SubjectKind.TOKEN, token))
        if not at_vendor:
            keep = RetellToken(token=token, told=told_token(vendor, wanted))
            arguments = Recorded(row=token, facts=wanted)
            return await self.journaling.record(writing, arguments, Kept(changes=(keep,)), account)
        change = TokenUpdate(
            client_vendor_id=facts.client_vendor_id,
            key=facts.key,
            name=wanted.name if wanted.name != facts.name else None,
            permissions=wanted.permissions if wanted.permissions != facts.permissions else None,
            active=active if wanted.active != facts.active else None,
        )
        return await self.journaling.write(
            writing, account, UPDATE_TOKEN, Alteration(token=token, update=change)
        )

    async def revoke(self, writing: Writing, token: int, *, in_dashboard: bool = False) -> Outcome:
        """Kill a token, or record that a person did."""
        if (earlier := await self.journaling.earlier(writing)) is not None:
            return earlier
        try:
            row, account = await self._row(writing, token)
        except Failure as failure:
            return refused(failure, "id")
        if row.revoked_at is not None:
            return Outcome(result=Subject(SubjectKind.TOKEN, token))
        if self._at_vendor(writing, row, account):
            revocation = TokenRevocation(
                client_vendor_id=row.facts.client_vendor_id, key=row.facts.key
            )
            arguments = Revocation(token=token, revocation=revocation)
            return await self.journaling.write(writing, account, REVOKE_TOKEN, arguments)
        if not in_dashboard:
            law = self.journaling.connector.vendor(account).token_law(row.facts.kind)
            how = f" {law.how_to}" if law is not None else ""
            message = f"Only a person can revoke it: state with revokedInDashboard that it is.{how}"
            return refused(ConfirmationRequired(message), "revokedInDashboard")
        keep = RetellToken(token=token, revoked=True)
        return await self.journaling.record(
            writing, Recorded(row=token), Kept(changes=(keep,)), account
        )

    async def rotate(
        self, writing: Writing, token: int, secret: Secret, *, created_at: datetime | None = None
    ) -> Outcome:
        """A held credential's new value: tried, then in force at once."""
        journaling = self.journaling
        if (earlier := await journaling.earlier(writing)) is not None:
            return earlier
        try:
            _, account = await self._row(writing, token)
            held = next((each for each in account.credentials if each.token == token), None)
            if held is None:
                raise BadInput("The gateway holds no value of this token.", field=("id",))
            check_secret(secret)
            check_made(created_at, journaling.clock.now())
        except Failure as failure:
            return refused(failure, "id")
        intent, new = await journaling.begin(writing, Recorded(row=token), account)
        if not new:
            return told_again(intent, writing)
        credential = self.accounts.replacement(account, held, secret, created_at)
        subject = Subject(SubjectKind.TOKEN, token)
        try:
            warnings = await self.accounts.probe(account, held, credential, writing.inquiry)
        except Failure as failure:
            field = ("input", "secret") if isinstance(failure, CredentialRefused) else None
            kept = Kept(problems=(Problem.of(failure, field),), result=subject)
            return outcome_of(await journaling.settle(intent, IntentState.FAILED, kept))
        replace = ReplaceCredential(account=account.id, credential=credential)
        kept = Kept(changes=(replace,), warnings=warnings, result=subject)
        settled = await journaling.settle(intent, IntentState.DONE, kept)
        await journaling.forget(writing.agency, account.id)
        return outcome_of(settled)

    def _at_vendor(self, writing: Writing, row: Token, account: VendorAccount) -> bool:
        """Whether the vendor's API manages this token."""
        connector = self.journaling.connector
        law = connector.vendor(account).token_law(row.facts.kind)
        operations = connector.operations(account, writing.inquiry)
        managed = law is not None and law.managed_by is TokenManager.API
        return managed and row.listed and operations.update_token is not None

    async def _row(self, writing: Writing, token: int) -> tuple[Token, VendorAccount]:
        storage = self.journaling.storage
        row = (await storage.tokens(writing.agency, [token])).get(token)
        account = None if row is None else await storage.account(writing.agency, row.account)
        if row is None or account is None:
            raise NotFound("There is no such token.")
        return row, account

    async def _now(self, writing: Writing, row: Token, account: VendorAccount) -> TokenFacts:
        """The token as the vendor lists it now."""
        desk = self.journaling.desk(account, writing.inquiry)
        await desk.forget()
        listed = desk.operations.list_tokens
        if listed is None:
            return row.facts
        for facts in (await listed()).value:
            if facts.key == row.facts.key:
                return facts
        raise NotFound("The vendor does not list this token any more.")

    async def _record_of(self, writing: Writing, client: int, account: int) -> str:
        known = (await self.journaling.storage.clients(writing.agency, [client])).get(client)
        if known is None:
            raise NotFound("There is no such client.")
        for record in known.records:
            if record.account == account:
                return record.vendor_id
        raise BadInput("The client has no record in this account.", field=("clientId",))

    async def _check_law(
        self, writing: Writing, vendor: Vendor, account: VendorAccount, facts: TokenFacts
    ) -> None:
        """No more live tokens of a holder than the vendor's law allows; raises `Conflict`."""
        law = vendor.token_law(facts.kind)
        if law is None or law.max_live_per_holder is None:
            return
        now = self.journaling.clock.now()
        filter = TokenFilter(account=account.id, kinds=(facts.kind,))
        pages = await self.journaling.storage.page_tokens(writing.agency, filter, Window(first=100))
        live = [
            row
            for row in pages[0].items
            if row.facts.key != facts.key
            and row.facts.user == facts.user
            and status(row, now) not in (TokenStatus.REVOKED, TokenStatus.EXPIRED)
        ]
        if len(live) >= law.max_live_per_holder:
            message = f"{vendor.title} allows {law.max_live_per_holder} at once: revoke the other."
            raise Conflict(message, vendor=vendor.name)
