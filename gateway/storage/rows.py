"""Rows as values, and values as the columns of rows."""

import json
from typing import Any

import msgspec
from sqlalchemy import Row

from ..domain.caller import AgencyId
from ..domain.changes import ActivityExport, BackupExport, Import
from ..domain.intents import Intent, IntentState, Problem, Subject, SubjectKind
from ..domain.jobs import Job, JobValues
from ..domain.model import (
    ClientRecord,
    ClientStatus,
    ClientValues,
    Link,
    LinkStatus,
    LinkValues,
    SealedCredential,
    Token,
    TokenFacts,
    VendorAccount,
)
from ..domain.vendor import VendorName
from .columns import email_key, folded, order_key, vendor_key

_client_values = msgspec.json.Decoder(ClientValues).decode
_link_values = msgspec.json.Decoder(LinkValues).decode
_facts = msgspec.json.Decoder(TokenFacts).decode
_job_values = msgspec.json.Decoder(JobValues).decode
_sources = msgspec.json.Decoder(ActivityExport | BackupExport | Import).decode
_problems = msgspec.json.Decoder(tuple[Problem, ...]).decode
_strings = msgspec.json.Decoder(tuple[str, ...]).decode
_options = msgspec.json.Decoder(dict[str, str]).decode

AnyRow = Row[Any]


def encoded(value: Any) -> str:
    """A value as JSON text; half characters, which JSON cannot carry, become question marks."""
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        text = json.dumps(msgspec.to_builtins(value), ensure_ascii=False)
        return text.encode("utf-8", "replace").decode()


def strings(text: str) -> tuple[str, ...]:
    """A JSON array of strings."""
    return _strings(text)


# ── What vendors say ──────────────────────────────────────────────────────────────────────────


def client_values(text: str | None) -> ClientValues | None:
    """The `json` of a record."""
    return None if text is None else _client_values(text)


def link_values(text: str | None) -> LinkValues | None:
    """The `json` of a link."""
    return None if text is None else _link_values(text)


def token_facts(text: str) -> TokenFacts:
    """The `facts` of a token."""
    return _facts(text)


def job_values(text: str) -> JobValues:
    """The `json` of a job."""
    return _job_values(text)


def record_columns(values: ClientValues | None, *, archived: bool) -> dict[str, Any]:
    """A record's values, and what is taken out of them so that it can be asked for."""
    if values is None:
        status = ClientStatus.ARCHIVED if archived else ClientStatus.UNVERIFIED
        return {
            "json": None,
            "search": "",
            "email": None,
            "name_key": None,
            "status": status.value,
            "created_at": None,
            "archived": archived,
        }
    told = (values.name, values.email, values.company, values.website)
    status_now = ClientStatus.ARCHIVED if archived else values.status
    return {
        "json": encoded(values),
        "search": folded("\n".join(each for each in told if each)),
        "email": email_key(values.email),
        "name_key": order_key(values.name),
        "status": None if status_now is None else status_now.value,
        "created_at": values.created_at,
        "archived": archived,
    }


def link_columns(values: LinkValues | None, client_vendor_id: str = "") -> dict[str, Any]:
    """A link's values, and what is taken out of them; the client as told while there are none."""
    if values is None:
        return {
            "json": None,
            "client_vendor_id": client_vendor_id,
            "status": LinkStatus.UNVERIFIED.value,
            "created_at": None,
        }
    return {
        "json": encoded(values),
        "client_vendor_id": vendor_key(values.client_vendor_id),
        "status": values.status.value,
        "created_at": values.created_at,
    }


def facts_columns(facts: TokenFacts) -> dict[str, Any]:
    """A token's facts, and what is taken out of them."""
    return {
        "key": facts.key,
        "kind": facts.kind.value,
        "client_vendor_id": vendor_key(facts.client_vendor_id),
        "active": facts.active,
        "facts": encoded(facts),
    }


def job_columns(values: JobValues) -> dict[str, Any]:
    """A job's values, and what is taken out of them."""
    return {"kind": values.kind.value, "status": values.status.value, "json": encoded(values)}


def result_columns(result: Subject | None) -> dict[str, Any]:
    """What a write made or changed."""
    if result is None:
        return {"result_kind": None, "result": None}
    return {"result_kind": result.kind.value, "result": result.id}


# ── Rows ──────────────────────────────────────────────────────────────────────────────────────


def record(row: AnyRow) -> ClientRecord:
    """A row of `records`."""
    return ClientRecord(
        id=row.id,
        client=row.client,
        account=row.account,
        vendor=VendorName(row.vendor),
        vendor_id=row.vendor_id,
        values=client_values(row.json),
        told_at=row.told_at,
        seen_at=row.seen_at,
        complete_at=row.complete_at,
        archived=row.archived,
    )


def link(row: AnyRow) -> Link:
    """A row of `links`, with its `client`."""
    return Link(
        id=row.id,
        account=row.account,
        vendor=VendorName(row.vendor),
        vendor_id=row.vendor_id,
        client=row.client,
        values=link_values(row.json),
        told_at=row.told_at,
        seen_at=row.seen_at,
    )


def token(row: AnyRow) -> Token:
    """A row of `tokens`, with its `client`."""
    return Token(
        id=row.id,
        account=row.account,
        vendor=VendorName(row.vendor),
        client=row.client,
        facts=token_facts(row.facts),
        held=row.held,
        listed=row.listed,
        told_at=row.told_at,
        seen_at=row.seen_at,
        expires_at=row.expires_at,
        ends=row.ends,
        verified_at=row.verified_at,
        refused_at=row.refused_at,
        revoked_at=row.revoked_at,
    )


def credential(row: AnyRow) -> SealedCredential:
    """A row of `credentials`, with its account's `vendor` and `account_name`."""
    return SealedCredential(
        id=row.id,
        agency=row.agency,
        account=row.account,
        vendor=VendorName(row.vendor),
        account_name=row.account_name,
        slot=row.slot,
        holder=row.holder,
        generation=row.generation,
        envelope=row.envelope,
        token=row.token,
        refused=row.refused,
    )


def account(row: AnyRow, credentials: tuple[SealedCredential, ...]) -> VendorAccount:
    """A row of `accounts`."""
    return VendorAccount(
        id=row.id,
        agency=row.agency,
        vendor=VendorName(row.vendor),
        name=row.name,
        regions=strings(row.regions),
        base_url=row.base_url,
        options=_options(row.options),
        capabilities=strings(row.capabilities),
        credentials=credentials,
        verified_at=row.verified_at,
    )


def job(row: AnyRow) -> Job:
    """A row of `jobs`, with its `client`."""
    return Job(
        id=row.id,
        account=row.account,
        vendor=VendorName(row.vendor),
        vendor_id=row.vendor_id,
        client=row.client,
        client_vendor_id=row.client_vendor_id,
        values=job_values(row.json),
        started=row.started,
        created_at=row.created_at,
        told_at=row.told_at,
        source=None if row.source is None else _sources(row.source),
        seen_at=row.seen_at,
    )


def intent(row: AnyRow) -> Intent:
    """A row of `intents`."""
    made = None if row.result_kind is None else Subject(SubjectKind(row.result_kind), row.result)
    return Intent(
        id=row.id,
        agency=AgencyId(row.agency),
        operation=row.operation,
        caller=row.caller,
        fingerprint=row.fingerprint,
        state=IntentState(row.state),
        arguments=row.arguments,
        created_at=row.created_at,
        lease_until=row.lease_until,
        epoch=row.epoch,
        parent=row.parent,
        vendor=None if row.vendor is None else VendorName(row.vendor),
        account=row.account,
        key=row.key,
        answer=row.answer,
        result=made,
        problems=_problems(row.problems),
        warnings=strings(row.warnings),
        settled_at=row.settled_at,
    )
