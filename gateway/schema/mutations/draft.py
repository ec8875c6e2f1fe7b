"""A mutation on its way to `Changes`: whose rows its ids mean, and what is wrong with its input.

Nothing is written while anything is wrong, so a caller is told of all of it at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ...directory.changes import Outcome, Writing
from ...domain.failures import BadInput, Failure, NotFound
from ...domain.intents import Problem, SubjectKind
from ...guards.shape import root_fields
from ..context import Context, Info, View
from ..loader import Loader
from ..scalars import LARGEST_PAGE, given, row_of
from .fingerprint import canonical
from .texts import unfit

LONGEST_KEY = 255

_LOADERS: Mapping[str, Callable[[View], Loader[int, Any]]] = {
    "C": lambda view: view.clients_by_id,
    "R": lambda view: view.records_by_id,
    "L": lambda view: view.links_by_id,
    "T": lambda view: view.tokens_by_id,
    "I": lambda view: view.intents_by_id,
}

_READ_BACK = frozenset({SubjectKind.RECORD, SubjectKind.LINK})

NOWHERE = 0
"""The row of an id that nothing has; it is never handed on, for the draft is refused."""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a mutation, and the agency as it is now; no view, no agency was found."""

    outcome: Outcome
    view: View | None


@dataclass(slots=True)
class Draft:
    """One mutation of one caller. The agency is that of the first id that is found."""

    context: Context
    operation: str
    input: Any
    problems: list[Problem] = field(default_factory=list)
    view: View | None = None

    @classmethod
    def of(cls, info: Info, input: Any) -> "Draft":
        """Raises `BadInput` where the key in the header could be that of several mutations."""
        context: Context = info.context
        if context.asked.idempotency_key is not None and _mutations(info) != 1:
            raise BadInput(
                "The header Idempotency-Key goes with one mutation: with several, give each its"
                " `idempotencyKey`.",
                field=("Idempotency-Key",),
            )
        return cls(context, info.field_name, input)

    def refuse(self, failure: Failure, *path: str) -> None:
        """Take note of something wrong, below `input`."""
        self.problems.append(Problem.of(failure, ("input", *path)))

    async def row(self, kind: str, id: str, *path: str) -> int:
        """The row of an id of that kind; `NOWHERE`, and taken note of, when there is none."""
        try:
            return await self._found(kind, row_of(kind, id))
        except NotFound as failure:
            self.refuse(failure, *path)
            return NOWHERE

    async def row_if(self, kind: str, id: str | None, *path: str) -> int | None:
        """As `row`, where the id may be left out."""
        id = given(id)
        return None if id is None else await self.row(kind, id, *path)

    async def row_erased(self, kind: str, id: str, *path: str) -> int:
        """As `row`, but of what may be gone because this very write has erased it.

        Where it is said again with its key, and the agency is plain, the journal knows.
        """
        said = given(self.input.idempotency_key) or self.context.asked.idempotency_key
        row = await self.row(kind, id, *path)
        if row != NOWHERE or said is None or len(self.context.caller.agencies) != 1:
            return row
        with suppress(NotFound):
            row = row_of(kind, id)
            self.view = await self.context.view()
            self.problems.pop()
        return row

    async def rows(self, kind: str, ids: Sequence[str], *path: str) -> tuple[int, ...]:
        """The rows of a list of ids, of which there is at least one."""
        if not 1 <= len(ids) <= LARGEST_PAGE:
            self.refuse(BadInput(f"Between 1 and {LARGEST_PAGE} ids belong here."), *path)
            return ()
        first = await self.row(kind, ids[0], *path, "0")
        await self._fetch(kind, ids[1:])
        others = [
            await self.row(kind, id, *path, str(at)) for at, id in enumerate(ids[1:], start=1)
        ]
        return (first, *others)

    async def write(self, change: Callable[[Writing], Awaitable[Outcome]]) -> Written:
        """Have it written, unless something is wrong with it."""
        key = self._key()
        if not self.problems:
            for path, why in unfit(self.input):
                self.refuse(BadInput(why), *path)
        view = self.view
        if self.problems or view is None:
            return Written(Outcome(problems=tuple(self.problems)), view)
        agency = view.roster.agency.id
        outcome = await change(
            Writing(
                agency=agency,
                actor=self.context.caller.key_id,
                operation=self.operation,
                fingerprint=self.context.fingerprint(canonical(self.operation, self.input)),
                inquiry=self.context.inquiry,
                key=key,
            )
        )
        self.context.renew()
        renewed = await self.context.view(agency)
        await _excuse(renewed, outcome)
        return Written(outcome, renewed)

    async def _fetch(self, kind: str, ids: Sequence[str]) -> None:
        """Have the rows of these ids read at once."""
        if self.view is None:
            return
        wanted = []
        for id in ids:
            with suppress(NotFound):
                wanted.append(row_of(kind, id))
        await asyncio.gather(*map(_LOADERS[kind](self.view).load, wanted))

    async def _found(self, kind: str, row: int) -> int:
        if self.view is not None:
            return await _row(self.view, kind, row)
        for view in await self.context.views():
            try:
                found = await _row(view, kind, row)
            except NotFound:
                continue
            self.view = view
            return found
        raise NotFound("There is no object with this id.")

    def _key(self) -> str | None:
        """What makes it repeatable: the input's own key, else the header's."""
        own = given(self.input.idempotency_key)
        key = self.context.asked.idempotency_key if own is None else own
        if key is None or _is_key(key):
            return key
        self.refuse(
            BadInput(f"A key is 1 to {LONGEST_KEY} printable ASCII characters."), "idempotencyKey"
        )
        return None


async def _excuse(view: View, outcome: Outcome) -> None:
    """What could not be read back after the write is told in its warnings, not in errors, too."""
    result = outcome.result
    if result is None or not outcome.warnings or result.kind not in _READ_BACK:
        return
    row = await _LOADERS[result.kind.value](view).load(result.id)
    if row is not None and row.values is None:
        view.excuse(row)


def _is_key(text: str) -> bool:
    return bool(text.strip()) and len(text) <= LONGEST_KEY and text.isascii() and text.isprintable()


async def _row(view: View, kind: str, row: int) -> int:
    """The row that an id means now: that of a merged client means another."""
    if kind == "VA":
        return view.roster.account(row).id
    found = await _LOADERS[kind](view).load(row)
    if found is None:
        raise NotFound("There is no object with this id.")
    id: int = found.id
    return id


def _mutations(info: Info) -> int:
    raw = info._raw_info
    return len(root_fields(raw.operation, raw.fragments))
