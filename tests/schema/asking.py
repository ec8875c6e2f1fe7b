"""Asks the finished schema, with `Changes` that only takes note of what it is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import ExecutionResult

from gateway import schema as schemas
from gateway.contract import LedgerFreshness
from gateway.directory.changes import Outcome, Writing
from gateway.directory.following import Followed, remembered
from gateway.domain.caller import AgencyId, Caller, Scope
from gateway.domain.failures import NotFound
from gateway.domain.intents import Intent, IntentState
from gateway.domain.jobs import Job, JobKind, JobStatus, JobValues
from gateway.domain.model import (
    Agency,
    Client,
    ClientRecord,
    Link,
    Token,
    TokenFacts,
    TokenKind,
    VendorAccount,
)
from gateway.domain.vendor import VendorName
from gateway.guards.documents import Documents
from gateway.guards.execution import Execution
from gateway.schema import problems
from gateway.schema.context import Asked, Context
from gateway.schema.scalars import global_id
from gateway.storage.values import Page
from gateway.vendors import load
from tests.directory.fakes import NOON, Hands, Watched, link, record

CORE = schemas.executable(schemas.build())
DOCUMENTS = Documents(CORE, introspection=True)
VENDORS = {name: load(name) for name in VendorName}
OURS, SISTER, FOREIGN = 10, 20, 30
"""Rows of the caller's agencies 1 and 2, and of agency 3; agency n has rows 10n to 10n + 9."""


def id(kind: str, row: int) -> str:
    return str(global_id(kind, row))


def intent(row: int = OURS, state: IntentState = IntentState.DONE, **fields: Any) -> Intent:
    return Intent(
        **{
            "id": row,
            "agency": AgencyId(1),
            "operation": "createLink",
            "caller": "k",
            "fingerprint": "f",
            "state": state,
            "arguments": b"",
            "created_at": NOON,
            "lease_until": NOON,
            **fields,
        }
    )


def job(row: int = OURS, status: JobStatus = JobStatus.WAITING, **fields: Any) -> Job:
    values = fields.pop("values", {})
    return Job(
        **{
            "id": row,
            "account": row,
            "vendor": VendorName.OWN,
            "vendor_id": None,
            "client": None,
            "client_vendor_id": None,
            "values": JobValues(title="A job", kind=JobKind.EXPORT, status=status, **values),
            "started": True,
            "created_at": NOON,
            "told_at": NOON,
            **fields,
        }
    )


class Roster:
    """One agency's rows: of each kind two, and an account."""

    def __init__(self, agency: int) -> None:
        self.agency = Agency(AgencyId(agency), f"Agency {agency}")
        first, second = agency * 10, agency * 10 + 1
        self.accounts = (
            VendorAccount(
                id=first, agency=AgencyId(agency), vendor=VendorName.AGENCYACCESS, name="A"
            ),
        )
        self.problems: list[Any] = []
        self.edges: Any = self
        self.following: Any = self
        self.asked: list[tuple[str, tuple[int, ...]]] = []
        self.wanted: list[Any] = []
        both = (first, second)
        records: dict[int, ClientRecord] = {
            row: record(row, self.accounts[0], client=row) for row in both
        }
        self.rows: dict[str, dict[int, Any]] = {
            "records": records,
            "clients": {row: Client(id=row, label=None, records=(records[row],)) for row in both},
            "links": {row: link(row, self.accounts[0]) for row in both},
            "tokens": {row: _token(row, first) for row in both},
            "jobs": {row: job(row, account=first) for row in both},
            "intents": {row: intent(row, agency=AgencyId(agency)) for row in both},
        }

    def account(self, row: int) -> VendorAccount:
        for account in self.accounts:
            if account.id == row:
                return account
        raise NotFound("There is no such account.")

    async def follow(self, rows: Sequence[Job]) -> list[Followed]:
        return [
            Followed(row, remembered(row, None, LedgerFreshness(client=0), NOON)) for row in rows
        ]

    async def clients(self, ids: Sequence[int]) -> Mapping[int, Client]:
        return self._read("clients", ids)

    async def records(self, ids: Sequence[int]) -> Mapping[int, ClientRecord]:
        return self._read("records", ids)

    async def links(self, ids: Sequence[int]) -> Mapping[int, Link]:
        return self._read("links", ids)

    async def tokens(self, ids: Sequence[int]) -> Mapping[int, Token]:
        return self._read("tokens", ids)

    async def jobs(self, ids: Sequence[int]) -> Mapping[int, Job]:
        return self._read("jobs", ids)

    async def intents(self, ids: Sequence[int]) -> Mapping[int, Intent]:
        return self._read("intents", ids)

    async def page_jobs(self, filter: Any, window: Any) -> Page[Job]:
        return self._page("jobs", filter)

    async def page_intents(self, filter: Any, window: Any) -> Page[Intent]:
        return self._page("intents", filter)

    async def count_jobs(self, filter: Any) -> int:
        return 2

    async def count_intents(self, filter: Any) -> int:
        return 2

    def __getattr__(self, name: str) -> Any:
        return None

    def _read(self, kind: str, ids: Sequence[int]) -> dict[int, Any]:
        self.asked.append((kind, tuple(ids)))
        return {row: self.rows[kind][row] for row in ids if row in self.rows[kind]}

    def _page(self, kind: str, filter: Any) -> Page[Any]:
        self.wanted.append(filter)
        items = tuple(self.rows[kind].values())
        return Page(items, tuple(str(item.id) for item in items), False, False)


def _token(row: int, account: int) -> Token:
    return Token(
        id=row,
        account=account,
        vendor=VendorName.AGENCYACCESS,
        facts=TokenFacts(key=f"k{row}", kind=TokenKind.API_KEY),
        client=None,
        held=True,
        listed=True,
        told_at=NOON,
    )


class Directory:
    """Opens rosters over the same rows each time."""

    def __init__(self) -> None:
        self.clock = Hands().clock
        self.connector: Any = self
        self.vendors = VENDORS
        self.rosters = {agency: Roster(agency) for agency in (1, 2, 3)}
        self.opened: list[int] = []

    async def open(self, agency: AgencyId, inquiry: Any) -> Any:
        self.opened.append(agency)
        return self.rosters[agency]


@dataclass
class Given:
    """One call of `Changes`."""

    name: str
    writing: Writing
    arguments: tuple[Any, ...]
    named: dict[str, Any]

    @property
    def whole(self) -> tuple[Any, ...]:
        return (self.name, *self.arguments, self.named)


@dataclass
class Changes:
    """Takes note of every write; answers the outcomes in order, then empty ones."""

    outcomes: list[Outcome] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)

    def __getattr__(self, part: str) -> Any:
        if part.startswith("_"):
            raise AttributeError(part)
        return _Part(part, self)


@dataclass
class _Part:
    name: str
    changes: Changes

    def __getattr__(self, method: str) -> Any:
        if method.startswith("_"):
            raise AttributeError(method)

        async def change(writing: Writing, *arguments: Any, **named: Any) -> Outcome:
            given = Given(f"{self.name}.{method}", writing, arguments, named)
            self.changes.given.append(given)
            return self.changes.outcomes.pop(0) if self.changes.outcomes else Outcome()

        return change


@dataclass
class Answer:
    """Data and errors, as a caller reads them."""

    data: Any
    errors: list[dict[str, Any]]

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.errors]

    @property
    def payload(self) -> Any:
        """The only field of an answer without errors."""
        assert self.errors == []
        (payload,) = self.data.values()
        return payload


@dataclass
class Desk:
    """A caller who asks; `digested` is what went into the keyed digest."""

    scopes: frozenset[Scope] = frozenset(Scope)
    agencies: tuple[int, ...] = (1, 2)
    header: str | None = None
    changes: Changes = field(default_factory=Changes)
    directory: Directory = field(default_factory=Directory)
    digested: list[bytes] = field(default_factory=list)
    faults: list[BaseException] = field(default_factory=list)

    async def ask(
        self,
        document: str,
        variables: Mapping[str, Any] | None = None,
        operation: str | None = None,
    ) -> Answer:
        ready = DOCUMENTS.ready(document)
        if not hasattr(ready, "definitions"):
            return self._answer(ExecutionResult(None, list(ready.errors)))  # type: ignore[union-attr]
        context = self._context()
        execution = Execution.of(CORE, ready, operation, dict(variables or {}), context)  # type: ignore[arg-type]
        if isinstance(execution, list):
            return self._answer(ExecutionResult(None, execution))
        try:
            return self._answer(await execution.result())
        finally:
            await context.close()

    async def mutate(
        self, name: str, fields: str = "userErrors { code field }", /, **input: Any
    ) -> Any:
        """The payload of one mutation, whose input comes in a variable."""
        kind = f"{name[0].upper()}{name[1:]}Input!"
        document = f"mutation M($input: {kind}) {{ {name}(input: $input) {{ {fields} }} }}"
        return (await self.ask(document, {"input": input})).payload

    def _answer(self, result: ExecutionResult) -> Answer:
        errors = [
            problems.error(error, "r1", lambda fault, _: self.faults.append(fault))
            for error in result.errors or ()
        ]
        assert self.faults == []
        return Answer(result.data, errors)

    def _context(self) -> Context:
        caller = Caller("k1", "key", tuple(map(AgencyId, self.agencies)), self.scopes)
        directory: Any = self.directory
        return Context(
            caller=caller,
            directory=directory,
            inquiry=Watched(directory.clock).inquiry,
            health=lambda _: None,  # type: ignore[arg-type,return-value]
            changes=self.changes,  # type: ignore[arg-type]
            fingerprint=self._digest,
            asked=Asked(base_url="https://gateway.test", idempotency_key=self.header),
        )

    def _digest(self, text: bytes) -> str:
        self.digested.append(text)
        return f"digest {len(self.digested)}"
