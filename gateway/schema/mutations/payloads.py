"""What mutations answer: the object, the intent, what is wrong and what is remarkable."""

from typing import Any, TypeVar

import strawberry

from ...directory.changes import PartOutcome
from ..client import Client, ClientRecord
from ..context import View
from ..describe import field, object_type
from ..intent import Intent
from ..job import Job
from ..link import Link
from ..scalars import global_id
from ..subjects import row_shown, subject_shown
from ..token import Token
from ..user_error import UserError
from .draft import Written

N = TypeVar("N")


@strawberry.interface(description="What every mutation answers beside its object.")
class MutationPayload:
    """What every mutation answers beside its object."""

    written: strawberry.Private[Written]

    @field
    def intent(self) -> Intent | None:
        """The write in the journal; null when the input was refused, or nothing had to be
        written."""
        view, intent = self.written.view, self.written.outcome.intent
        return None if view is None or intent is None else Intent.of(view, intent)

    @field
    def user_errors(self) -> list[UserError]:
        """What the caller can put right; empty when all went well."""
        return [UserError.of(problem) for problem in self.written.outcome.problems]

    @field
    def warnings(self) -> list[str]:
        """Remarks on a write that went well, a sentence each, such as a name that is not on the
        vendor's list."""
        return list(self.written.outcome.warnings)


@strawberry.type
class Payload(MutationPayload):
    """What all payloads have in common; not in the schema itself."""

    @field
    def warnings(self) -> list[str]:
        """Remarks on a write that went well, a sentence each."""
        return list(self.written.outcome.warnings)

    async def _result(self, kind: type[N]) -> N | None:
        """The row that was made or changed, if it is of this type."""
        view, outcome = self.written.view, self.written.outcome
        found: Any = None if view is None else await row_shown(view, outcome.result)
        return found if isinstance(found, kind) else None

    async def _client(self, *, second: bool = False) -> Client | None:
        """The client that was made or changed, or that of the record."""
        view, outcome = self.written.view, self.written.outcome
        subject = outcome.second if second else outcome.result
        found = None if view is None else await subject_shown(view, subject)
        return found if isinstance(found, Client) else None


@object_type
class CreateClientPayload(Payload):
    """Answer about a client that was created."""

    @field
    async def client(self) -> Client | None:
        """The client that the new record belongs to; null when nothing was created."""
        return await self._client()

    @field
    async def record(self) -> ClientRecord | None:
        """The new record; null when nothing was created."""
        return await self._result(ClientRecord)


@object_type
class RecordOutcome:
    """What became of one record in an update."""

    record: ClientRecord = strawberry.field(description="The record as it is now.")
    changed: bool = strawberry.field(
        description="Whether anything had to be sent, and took effect."
    )
    intent: Intent | None = strawberry.field(
        description="This record's part of the write; null when nothing had to be sent."
    )
    user_errors: list[UserError] = strawberry.field(
        description="What went wrong with this record; empty when all went well."
    )

    @classmethod
    async def of(cls, view: View, part: PartOutcome) -> "RecordOutcome | None":
        """The outcome of a record; None for one that is gone."""
        row = await view.records_by_id.load(part.record)
        if row is None:
            return None
        return cls(
            record=ClientRecord.of(view, row),
            changed=part.changed,
            intent=None if part.intent is None else Intent.of(view, part.intent),
            user_errors=[UserError.of(problem) for problem in part.problems],
        )


@object_type
class UpdateClientPayload(Payload):
    """Answer about a client that was changed."""

    @field
    async def client(self) -> Client | None:
        """The client as it is now; null when the input was refused."""
        return await self._client()

    @field
    async def outcomes(self) -> list[RecordOutcome]:
        """What became of each record; empty when the input was refused."""
        view = self.written.view
        if view is None:
            return []
        found = [await RecordOutcome.of(view, part) for part in self.written.outcome.parts]
        return [outcome for outcome in found if outcome is not None]


@object_type
class AdoptClientPayload(Payload):
    """Answer about a client that was adopted."""

    @field
    async def client(self) -> Client | None:
        """The client that the record belongs to; null when it was not found at the vendor."""
        return await self._client()

    @field
    async def record(self) -> ClientRecord | None:
        """The record as read; null when it was not found at the vendor."""
        return await self._result(ClientRecord)


@object_type
class MergeClientsPayload(Payload):
    """Answer about clients that were merged."""

    @field
    async def client(self) -> Client | None:
        """The client that remains; null when the input was refused."""
        return await self._client()


@object_type
class SplitClientPayload(Payload):
    """Answer about a client that was split."""

    @field
    async def client(self) -> Client | None:
        """The new client; null when the input was refused."""
        return await self._client()

    @field
    async def remaining(self) -> Client | None:
        """The client that the records left; null when the input was refused."""
        return await self._client(second=True)


@object_type
class PurgeClientPayload(Payload):
    """Answer about a client that was erased."""

    @field
    def purged_client_id(self) -> strawberry.ID | None:
        """Id that the client had; null when the input was refused."""
        result = self.written.outcome.result
        return None if result is None else global_id("C", result.id)


@object_type
class CreateLinkPayload(Payload):
    """Answer about a link that was created."""

    @field
    async def link(self) -> Link | None:
        """The new link; null when nothing was created."""
        return await self._result(Link)


@object_type
class UpdateLinkPayload(Payload):
    """Answer about a link that was changed."""

    @field
    async def link(self) -> Link | None:
        """The link as it is now; null when the input was refused."""
        return await self._result(Link)


@object_type
class AdoptLinkPayload(Payload):
    """Answer about a link that was adopted."""

    @field
    async def link(self) -> Link | None:
        """The link as read; null when it was not found at the vendor."""
        return await self._result(Link)


@object_type
class IssueTokenPayload(Payload):
    """Answer about a token that was issued."""

    @field
    async def token(self) -> Token | None:
        """The new token; null when none was made."""
        return await self._result(Token)


@object_type
class RegisterTokenPayload(Payload):
    """Answer about a token that was recorded."""

    @field
    async def token(self) -> Token | None:
        """The token as recorded; null when the input was refused."""
        return await self._result(Token)


@object_type
class UpdateTokenPayload(Payload):
    """Answer about a token that was changed."""

    @field
    async def token(self) -> Token | None:
        """The token as it is now; null when the input was refused."""
        return await self._result(Token)


@object_type
class RevokeTokenPayload(Payload):
    """Answer about a token that was revoked."""

    @field
    async def token(self) -> Token | None:
        """The token, now REVOKED; null when the input was refused."""
        return await self._result(Token)


@object_type
class RotateCredentialPayload(Payload):
    """Answer about a credential that was replaced."""

    @field
    async def token(self) -> Token | None:
        """The token with its new facts; as it was when the vendor refused the new value."""
        return await self._result(Token)


@object_type
class StartExportPayload(Payload):
    """Answer about an export that was started."""

    @field
    async def job(self) -> Job | None:
        """The job to watch; null when none was started."""
        return await self._result(Job)


@object_type
class StartImportPayload(Payload):
    """Answer about an import that was started."""

    @field
    async def job(self) -> Job | None:
        """The job, which waits for its file; null when none was started."""
        return await self._result(Job)


@object_type
class StartBackupPayload(Payload):
    """Answer about a backup that was started."""

    @field
    async def record(self) -> ClientRecord | None:
        """The record that is backed up; null when the input was refused."""
        return await self._result(ClientRecord)


@object_type
class ResolveIntentPayload(Payload):
    """Answer about an intent that was settled."""
