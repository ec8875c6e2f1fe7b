"""Mutations: what of each of them reaches `Changes`, and what is shown of the outcome."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from msgspec import UNSET

from gateway.directory.changes import LinkWish, Outcome, PartOutcome, Writing
from gateway.domain.caller import AgencyId
from gateway.domain.changes import (
    ActivityExport,
    BackupExport,
    BackupFormat,
    BrontoPatch,
    ClientPatch,
    EntryPatch,
    Import,
    NewClient,
)
from gateway.domain.details import BrontoAllocations, BrontoContact
from gateway.domain.failures import ErrorCode
from gateway.domain.intents import IntentState, Problem, Subject, SubjectKind
from gateway.domain.model import Client, Entry, LinkedAccount, LinkService, TokenKind
from gateway.domain.secret import Secret
from gateway.domain.vendor import VendorName
from tests.schema.asking import CORE, FOREIGN, OURS, SISTER, Changes, Desk, id, intent

VA, C, R, L, T, J, INTENT = (id(kind, OURS) for kind in ("VA", "C", "R", "L", "T", "J", "I"))
GOOGLE = {"platform": "Google", "service": "Google Ads"}
ALL_OF_BRONTO = {
    "allocations": {
        "canExceed": False,
        "emails": 10,
        "contacts": 2**40,
        "hosting": 3,
        "logins": 4,
        "api": True,
        "bundle": "b",
    },
    "contact": {"firstName": "Ana", "lastName": None, "zip": "28001"},
    "timeZone": "Europe/Madrid",
    "locale": "es_ES",
    "usageAlertEmail": None,
}
BRONTO = BrontoPatch(
    allocations=BrontoAllocations(
        can_exceed=False, emails=10, contacts=2**40, hosting=3, logins=4, api=True, bundle="b"
    ),
    contact=BrontoContact(first_name="Ana", zip="28001"),
    time_zone="Europe/Madrid",
    locale="es_ES",
    usage_alert_email=None,
)

CALLS: list[tuple[str, dict[str, Any], tuple[Any, ...]]] = [
    (
        "createClient",
        {"accountId": VA, "name": "Ana"},
        ("clients.create", OURS, NewClient(name="Ana"), {"client": None, "label": None}),
    ),
    (
        "createClient",
        {
            "accountId": VA,
            "clientId": C,
            "label": "crm-42",
            "name": "Ana",
            "email": "ana@example.org",
            "company": "Ruiz",
            "website": "ruiz.example",
            "language": "Spanish",
            "metadata": [{"key": "source", "value": "fair"}],
            "bronto": ALL_OF_BRONTO,
        },
        (
            "clients.create",
            OURS,
            NewClient(
                name="Ana",
                email="ana@example.org",
                company="Ruiz",
                website="ruiz.example",
                language="Spanish",
                metadata=(Entry("source", "fair"),),
                bronto=BRONTO,
            ),
            {"client": OURS, "label": "crm-42"},
        ),
    ),
    (
        "updateClient",
        {"id": C},
        ("clients.update", OURS, ClientPatch(), {"records": None, "label": UNSET}),
    ),
    (
        "updateClient",
        {
            "id": C,
            "recordIds": [R, id("R", OURS + 1)],
            "label": None,
            "name": "Ana",
            "email": None,
            "metadata": [{"key": "a", "value": "1"}, {"key": "b", "value": None}],
            "active": False,
            "bronto": {"contact": None},
        },
        (
            "clients.update",
            OURS,
            ClientPatch(
                name="Ana",
                email=None,
                metadata=(EntryPatch("a", "1"), EntryPatch("b", None)),
                active=False,
                bronto=BrontoPatch(),
            ),
            {"records": (OURS, OURS + 1), "label": None},
        ),
    ),
    (
        "adoptClient",
        {"accountId": VA, "vendorId": "c7", "clientId": C, "label": "crm-42"},
        ("clients.adopt", OURS, "c7", {"client": OURS, "label": "crm-42"}),
    ),
    (
        "mergeClients",
        {"intoClientId": C, "fromClientIds": [id("C", OURS + 1)]},
        ("clients.merge", OURS, (OURS + 1,), {}),
    ),
    ("splitClient", {"recordIds": [R]}, ("clients.split", (OURS,), {})),
    ("purgeClient", {"id": C}, ("clients.purge", OURS, {})),
    (
        "createLink",
        {"clientId": C, "services": [GOOGLE]},
        (
            "links.create",
            OURS,
            LinkWish(services=(LinkService(platform="Google", service="Google Ads"),)),
            {"account": None},
        ),
    ),
    (
        "createLink",
        {
            "clientId": C,
            "accountId": VA,
            "services": [
                {
                    **GOOGLE,
                    "accessLevel": "ADMIN",
                    "requested": False,
                    "linkedAccounts": [
                        {"internalAccountId": "acc_1", "googleAdsMccAccountId": "mcc_9"},
                        {"internalAccountId": "acc_2"},
                    ],
                }
            ],
            "intakeForm": True,
            "sendEmail": True,
            "thankYouMessage": "Thanks",
            "redirectUrl": "https://ruiz.example",
            "retainTokens": True,
        },
        (
            "links.create",
            OURS,
            LinkWish(
                services=(
                    LinkService(
                        platform="Google",
                        service="Google Ads",
                        access_level="ADMIN",
                        requested=False,
                        linked_accounts=(LinkedAccount("acc_1", "mcc_9"), LinkedAccount("acc_2")),
                    ),
                ),
                intake_form=True,
                send_email=True,
                thank_you_message="Thanks",
                redirect_url="https://ruiz.example",
                retain_tokens=True,
            ),
            {"account": OURS},
        ),
    ),
    (
        "updateLink",
        {"id": L, "services": [GOOGLE], "confirmRegrant": True},
        (
            "links.update",
            OURS,
            (LinkService(platform="Google", service="Google Ads"),),
            {"confirm_regrant": True},
        ),
    ),
    ("adoptLink", {"accountId": VA, "vendorId": "lk"}, ("links.adopt", OURS, "lk", {})),
    (
        "issueToken",
        {"clientId": C, "name": "sync", "permissions": ["READ"]},
        ("tokens.issue", OURS, "sync", ("READ",), {"account": None}),
    ),
    (
        "registerToken",
        {
            "accountId": VA,
            "clientId": C,
            "kind": "USER",
            "name": "n",
            "user": "u",
            "hint": "9f2c",
            "permissions": [],
            "createdAt": "2026-11-02T09:00:00Z",
        },
        (
            "tokens.register",
            OURS,
            TokenKind.USER,
            {
                "client": OURS,
                "name": "n",
                "user": "u",
                "hint": "9f2c",
                "permissions": (),
                "created_at": datetime(2026, 11, 2, 9, tzinfo=UTC),
            },
        ),
    ),
    (
        "updateToken",
        {"id": T, "active": False},
        ("tokens.update", OURS, {"name": None, "permissions": None, "active": False}),
    ),
    (
        "updateToken",
        {"id": T, "name": "n", "permissions": ["READ"]},
        ("tokens.update", OURS, {"name": "n", "permissions": ("READ",), "active": None}),
    ),
    ("revokeToken", {"id": T}, ("tokens.revoke", OURS, {"in_dashboard": False})),
    (
        "revokeToken",
        {"id": T, "revokedInDashboard": True},
        ("tokens.revoke", OURS, {"in_dashboard": True}),
    ),
    (
        "rotateCredential",
        {"id": T, "secret": "not-a-real-token", "createdAt": None},
        ("tokens.rotate", OURS, Secret("not-a-real-token"), {"created_at": None}),
    ),
    (
        "startExport",
        {"recordId": R, "source": {"activity": {"from": "2026-11-09"}}},
        (
            "jobs.export",
            OURS,
            ActivityExport(vendor_id="", first=date(2026, 11, 9), last=date(2026, 11, 9)),
            {},
        ),
    ),
    (
        "startExport",
        {
            "recordId": R,
            "source": {
                "activity": {
                    "from": "2026-11-09",
                    "to": "2026-11-15",
                    "standardLayout": False,
                    "activityTypes": ["PET"],
                }
            },
        },
        (
            "jobs.export",
            OURS,
            ActivityExport(
                vendor_id="",
                first=date(2026, 11, 9),
                last=date(2026, 11, 15),
                standard_layout=False,
                activity_types=("PET",),
            ),
            {},
        ),
    ),
    (
        "startExport",
        {"recordId": R, "source": {"backup": {}}},
        ("jobs.export", OURS, BackupExport(vendor_id=""), {}),
    ),
    (
        "startExport",
        {
            "recordId": R,
            "source": {
                "backup": {
                    "backupVendorId": "b1",
                    "format": "SQL_ORACLE",
                    "includeAttachments": True,
                    "objects": ["accounts"],
                }
            },
        },
        (
            "jobs.export",
            OURS,
            BackupExport(
                vendor_id="",
                backup="b1",
                format=BackupFormat.SQL_ORACLE,
                include_attachments=True,
                objects=("accounts",),
            ),
            {},
        ),
    ),
    (
        "startImport",
        {"recordId": R, "name": "Fair", "format": "f", "segmentId": "1", "segmentName": "s"},
        (
            "jobs.import_",
            OURS,
            Import(vendor_id="", name="Fair", format="f", segment_id="1", segment_name="s"),
            {},
        ),
    ),
    ("startBackup", {"recordId": R}, ("jobs.backup", OURS, (), {})),
    (
        "startBackup",
        {"recordId": R, "objects": ["accounts"]},
        ("jobs.backup", OURS, ("accounts",), {}),
    ),
    (
        "resolveIntent",
        {"id": INTENT, "tookEffect": True, "vendorId": "lk"},
        ("intents.resolve", OURS, True, "lk", {}),
    ),
    (
        "resolveIntent",
        {"id": INTENT, "tookEffect": False},
        ("intents.resolve", OURS, False, None, {}),
    ),
]


@pytest.fixture
def desk() -> Desk:
    return Desk()


# ── What reaches Changes ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("name", "input", "whole"), CALLS)
async def test_each_mutation_hands_its_input_to_changes_once(
    desk: Desk, name: str, input: dict[str, Any], whole: tuple[Any, ...]
) -> None:
    payload = await desk.mutate(name, **input)
    assert payload == {"userErrors": []}
    assert [given.whole for given in desk.changes.given] == [whole]


def test_every_mutation_is_among_those_tested() -> None:
    mutation: Any = CORE.mutation_type
    assert set(mutation.fields) == {name for name, _, _ in CALLS}
    assert len(mutation.fields) == 18


async def test_a_write_is_the_callers_in_the_agency_of_the_row(desk: Desk) -> None:
    await desk.mutate("adoptLink", accountId=id("VA", SISTER), vendorId="lk", idempotencyKey="k 1")
    (given,) = desk.changes.given
    writing = given.writing
    assert writing == Writing(
        agency=AgencyId(2),
        actor="k1",
        operation="adoptLink",
        fingerprint="digest 1",
        inquiry=writing.inquiry,
        key="k 1",
    )
    assert writing.inquiry.request_id == "r1"


async def test_an_id_of_a_client_that_was_merged_means_the_one_that_remains(desk: Desk) -> None:
    rows = desk.directory.rosters[1].rows["clients"]
    rows[OURS + 2] = rows[OURS]
    await desk.mutate("issueToken", clientId=id("C", OURS + 2), name="n", permissions=[])
    assert desk.changes.given[0].arguments[0] == OURS


async def test_many_ids_are_looked_up_together(desk: Desk) -> None:
    rows = desk.directory.rosters[1].rows["records"]
    rows.update(dict.fromkeys(range(100, 200), rows[OURS]))
    ids = [id("R", row) for row in range(100, 200)]
    await desk.mutate("splitClient", recordIds=ids)
    asked = [rows for kind, rows in desk.directory.rosters[1].asked if kind == "records"]
    assert [len(rows) for rows in asked] == [1, 99]


# ── What is refused, and goes no further ──────────────────────────────────────────────────────

NOWHERE = ["C:10", "", "Qzo", id("X", OURS), id("L", OURS), id("C", OURS + 5), id("C", FOREIGN)]


@pytest.mark.parametrize("bad", NOWHERE)
async def test_an_id_of_nothing_or_of_another_agency_is_not_found(desk: Desk, bad: str) -> None:
    payload = await desk.mutate("createLink", clientId=bad, services=[GOOGLE])
    assert payload["userErrors"] == [{"code": "NOT_FOUND", "field": ["input", "clientId"]}]
    assert desk.changes.given == []


FOREIGN_IDS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("createClient", {"accountId": "VA", "name": "n"}, ["accountId"]),
    ("updateClient", {"id": "C"}, ["id"]),
    ("adoptClient", {"accountId": "VA", "vendorId": "v"}, ["accountId"]),
    ("mergeClients", {"intoClientId": "C", "fromClientIds": [C]}, ["intoClientId"]),
    ("splitClient", {"recordIds": ["R"]}, ["recordIds", "0"]),
    ("purgeClient", {"id": "C"}, ["id"]),
    ("createLink", {"clientId": "C", "services": []}, ["clientId"]),
    ("updateLink", {"id": "L", "services": []}, ["id"]),
    ("adoptLink", {"accountId": "VA", "vendorId": "v"}, ["accountId"]),
    ("issueToken", {"clientId": "C", "name": "n", "permissions": []}, ["clientId"]),
    ("registerToken", {"accountId": "VA", "kind": "USER"}, ["accountId"]),
    ("updateToken", {"id": "T"}, ["id"]),
    ("revokeToken", {"id": "T"}, ["id"]),
    ("rotateCredential", {"id": "T", "secret": "s"}, ["id"]),
    ("startExport", {"recordId": "R", "source": {"backup": {}}}, ["recordId"]),
    ("startImport", {"recordId": "R", "name": "n", "format": "f"}, ["recordId"]),
    ("startBackup", {"recordId": "R"}, ["recordId"]),
    ("resolveIntent", {"id": "I", "tookEffect": True}, ["id"]),
]


@pytest.mark.parametrize(("name", "input", "path"), FOREIGN_IDS)
async def test_no_mutation_takes_a_row_of_another_agency(
    desk: Desk, name: str, input: dict[str, Any], path: list[str]
) -> None:
    kinds = {"VA", "C", "R", "L", "T", "I"}
    given = {
        key: [id(one, FOREIGN) if one in kinds else one for one in value]
        if isinstance(value, list)
        else id(value, FOREIGN)
        if isinstance(value, str) and value in kinds
        else value
        for key, value in input.items()
    }
    payload = await desk.mutate(name, **given)
    assert payload["userErrors"] == [{"code": "NOT_FOUND", "field": ["input", *path]}]
    assert desk.changes.given == []
    assert 3 not in desk.directory.opened


def test_every_mutation_is_tried_with_a_row_of_another_agency() -> None:
    mutation: Any = CORE.mutation_type
    assert set(mutation.fields) == {name for name, _, _ in FOREIGN_IDS}


SECOND_IDS = [
    ("createClient", {"accountId": VA, "name": "n", "clientId": id("C", SISTER)}, ["clientId"]),
    ("adoptClient", {"accountId": VA, "vendorId": "v", "clientId": id("C", SISTER)}, ["clientId"]),
    ("createLink", {"clientId": C, "services": [], "accountId": id("VA", SISTER)}, ["accountId"]),
    (
        "mergeClients",
        {"intoClientId": C, "fromClientIds": [C, id("C", SISTER)]},
        ["fromClientIds", "1"],
    ),
    ("splitClient", {"recordIds": [R, id("R", SISTER)]}, ["recordIds", "1"]),
    ("updateClient", {"id": C, "recordIds": [id("R", SISTER)]}, ["recordIds", "0"]),
    ("registerToken", {"accountId": VA, "kind": "USER", "clientId": id("C", SISTER)}, ["clientId"]),
]


@pytest.mark.parametrize(("name", "input", "path"), SECOND_IDS)
async def test_rows_of_two_of_the_callers_agencies_do_not_mix(
    desk: Desk, name: str, input: dict[str, Any], path: list[str]
) -> None:
    payload = await desk.mutate(name, **input)
    assert payload["userErrors"] == [{"code": "NOT_FOUND", "field": ["input", *path]}]
    assert desk.changes.given == []


async def test_all_that_is_wrong_is_told_at_once(desk: Desk) -> None:
    payload = await desk.mutate(
        "createClient",
        accountId=id("VA", FOREIGN),
        clientId="nonsense",
        name="n",
        metadata=[
            {"key": "a", "value": "1"},
            {"key": "b", "value": None},
            {"key": "c"},
            {"key": "gateway_intent", "value": "gw-intent-1"},
        ],
        idempotencyKey="",
    )
    assert payload["userErrors"] == [
        {"code": "NOT_FOUND", "field": ["input", "accountId"]},
        {"code": "NOT_FOUND", "field": ["input", "clientId"]},
        {"code": "BAD_USER_INPUT", "field": ["input", "metadata", "1", "value"]},
        {"code": "BAD_USER_INPUT", "field": ["input", "metadata", "2", "value"]},
        {"code": "BAD_USER_INPUT", "field": ["input", "metadata", "3", "key"]},
        {"code": "BAD_USER_INPUT", "field": ["input", "idempotencyKey"]},
    ]
    assert desk.changes.given == []


async def test_an_update_neither_forges_a_mark_nor_guesses_a_value(desk: Desk) -> None:
    payload = await desk.mutate(
        "updateClient", id=C, metadata=[{"key": "gateway_intent", "value": None}, {"key": "a"}]
    )
    assert payload["userErrors"] == [
        {"code": "BAD_USER_INPUT", "field": ["input", "metadata", "0", "key"]},
        {"code": "BAD_USER_INPUT", "field": ["input", "metadata", "1", "value"]},
    ]
    assert desk.changes.given == []


@pytest.mark.parametrize("ids", [[], [R] * 101])
async def test_a_list_of_ids_has_one_to_a_hundred(desk: Desk, ids: list[str]) -> None:
    for name, input in (("splitClient", {}), ("updateClient", {"id": C})):
        payload = await desk.mutate(name, recordIds=ids, **input)
        wanted = {"code": "BAD_USER_INPUT", "field": ["input", "recordIds"]}
        assert payload["userErrors"] == [wanted]
    assert desk.changes.given == []


@pytest.mark.parametrize(
    "source", [{}, {"activity": None}, {"activity": {"from": "2026-01-01"}, "backup": {}}]
)
async def test_an_export_has_exactly_one_source(desk: Desk, source: dict[str, Any]) -> None:
    document = "mutation M($i: StartExportInput!) { startExport(input: $i) { warnings } }"
    answer = await desk.ask(document, {"i": {"recordId": R, "source": source}})
    assert answer.data is None
    assert set(answer.codes) == {"BAD_USER_INPUT"}
    assert desk.changes.given == []


# ── What is shown of the outcome ──────────────────────────────────────────────────────────────

PROBLEM = Problem(
    code=ErrorCode.RATE_LIMITED,
    message="No room.",
    field=("input", "name"),
    vendor=VendorName.BRONTO,
    retryable=True,
    retry_after=1.0001,
)
SHOWN = {
    "code": "RATE_LIMITED",
    "message": "No room.",
    "field": ["input", "name"],
    "vendor": "BRONTO",
    "retryable": True,
    "retryAfterMs": 1001,
}
ERRORS = "userErrors { code message field vendor retryable retryAfterMs }"


async def test_what_went_wrong_and_what_is_remarkable_is_told(desk: Desk) -> None:
    problem = Problem(code=ErrorCode.CONFLICT, message="No.", retry_after=1e9)
    desk.changes.outcomes = [Outcome(problems=(PROBLEM, problem), warnings=("A name.", "Another."))]
    payload = await desk.mutate("purgeClient", f"warnings intent {{ id }} {ERRORS}", id=C)
    assert payload["warnings"] == ["A name.", "Another."]
    assert payload["intent"] is None
    assert payload["userErrors"][0] == SHOWN
    assert payload["userErrors"][1] == {
        "code": "CONFLICT",
        "message": "No.",
        "field": None,
        "vendor": None,
        "retryable": False,
        "retryAfterMs": 2**31 - 1,
    }


BOTH = {"client": C, "record": R}
ISSUED: dict[str, Any] = {"name": "n", "permissions": []}
RESULTS: list[tuple[str, dict[str, Any], SubjectKind, dict[str, Any]]] = [
    (
        "createClient",
        {"accountId": VA, "name": "n"},
        SubjectKind.RECORD,
        {"client": C, "record": R},
    ),
    (
        "adoptClient",
        {"accountId": VA, "vendorId": "v"},
        SubjectKind.RECORD,
        {"client": C, "record": R},
    ),
    ("updateClient", {"id": C}, SubjectKind.CLIENT, {"client": C}),
    ("mergeClients", {"intoClientId": C, "fromClientIds": [C]}, SubjectKind.CLIENT, {"client": C}),
    ("createLink", {"clientId": C, "services": []}, SubjectKind.LINK, {"link": L}),
    ("updateLink", {"id": L, "services": []}, SubjectKind.LINK, {"link": L}),
    ("adoptLink", {"accountId": VA, "vendorId": "v"}, SubjectKind.LINK, {"link": L}),
    (
        "issueToken",
        {"clientId": C, "name": "n", "permissions": []},
        SubjectKind.TOKEN,
        {"token": T},
    ),
    ("registerToken", {"accountId": VA, "kind": "USER"}, SubjectKind.TOKEN, {"token": T}),
    ("updateToken", {"id": T}, SubjectKind.TOKEN, {"token": T}),
    ("revokeToken", {"id": T}, SubjectKind.TOKEN, {"token": T}),
    ("rotateCredential", {"id": T, "secret": "s"}, SubjectKind.TOKEN, {"token": T}),
    ("startExport", {"recordId": R, "source": {"backup": {}}}, SubjectKind.JOB, {"job": J}),
    ("startImport", {"recordId": R, "name": "n", "format": "f"}, SubjectKind.JOB, {"job": J}),
    ("startBackup", {"recordId": R}, SubjectKind.RECORD, {"record": R}),
]


@pytest.mark.parametrize(("name", "input", "kind", "shown"), RESULTS)
async def test_each_payload_shows_the_row_that_was_made_or_changed(
    desk: Desk,
    name: str,
    input: dict[str, Any],
    kind: SubjectKind,
    shown: dict[str, str],
) -> None:
    desk.changes.outcomes = [Outcome(intent=intent(), result=Subject(kind, OURS))]
    fields = " ".join(f"{field} {{ id }}" for field in shown)
    payload = await desk.mutate(name, f"{fields} intent {{ id state }}", **input)
    assert payload.pop("intent") == {"id": INTENT, "state": "DONE"}
    assert payload == {field: {"id": row} for field, row in shown.items()}


@pytest.mark.parametrize(("name", "input", "kind", "shown"), RESULTS)
async def test_each_payload_is_empty_when_nothing_was_written(
    desk: Desk, name: str, input: dict[str, Any], kind: SubjectKind, shown: dict[str, str]
) -> None:
    desk.changes.outcomes = [Outcome(problems=(PROBLEM,))]
    fields = " ".join(f"{field} {{ id }}" for field in shown)
    payload = await desk.mutate(name, f"{fields} intent {{ id }}", **input)
    assert payload == dict.fromkeys([*shown, "intent"])


async def test_purging_tells_the_id_that_is_no_more(desk: Desk) -> None:
    desk.changes.outcomes = [Outcome(result=Subject(SubjectKind.CLIENT, OURS)), Outcome()]
    for purged in (C, None):
        assert await desk.mutate("purgeClient", "purgedClientId", id=C) == {
            "purgedClientId": purged
        }


@pytest.mark.parametrize("kind", [SubjectKind.LINK, SubjectKind.RECORD])
async def test_a_row_that_is_gone_since_is_null(desk: Desk, kind: SubjectKind) -> None:
    desk.changes.outcomes = [Outcome(result=Subject(kind, OURS + 7))]
    payload = await desk.mutate(
        "createClient", "client { id } record { id }", accountId=VA, name="n"
    )
    assert payload == {"client": None, "record": None}


async def test_splitting_shows_both_clients(desk: Desk) -> None:
    client = SubjectKind.CLIENT
    desk.changes.outcomes = [
        Outcome(result=Subject(client, OURS + 1), second=Subject(client, OURS))
    ]
    payload = await desk.mutate("splitClient", "client { id } remaining { id }", recordIds=[R])
    assert payload == {"client": {"id": id("C", OURS + 1)}, "remaining": {"id": C}}


async def test_each_record_of_an_update_tells_its_own_outcome(desk: Desk) -> None:
    parts = (
        PartOutcome(record=OURS, changed=True, intent=intent(OURS + 1)),
        PartOutcome(record=OURS + 1, problems=(PROBLEM,)),
        PartOutcome(record=OURS + 7, changed=True),
    )
    desk.changes.outcomes = [Outcome(result=Subject(SubjectKind.CLIENT, OURS), parts=parts)]
    fields = f"outcomes {{ record {{ id }} changed intent {{ id }} {ERRORS} }}"
    payload = await desk.mutate("updateClient", fields, id=C)
    assert payload["outcomes"] == [
        {
            "record": {"id": R},
            "changed": True,
            "intent": {"id": id("I", OURS + 1)},
            "userErrors": [],
        },
        {
            "record": {"id": id("R", OURS + 1)},
            "changed": False,
            "intent": None,
            "userErrors": [SHOWN],
        },
    ]


async def test_resolving_shows_the_intent(desk: Desk) -> None:
    desk.changes.outcomes = [Outcome(intent=intent(state=IntentState.RECONCILING))]
    payload = await desk.mutate("resolveIntent", "intent { id state }", id=INTENT, tookEffect=True)
    assert payload == {"intent": {"id": INTENT, "state": "UNKNOWN"}}


class Relabelling(Changes):
    """Changes the row of a client while it writes."""

    def __init__(self, rows: dict[int, Any]) -> None:
        super().__init__()
        self._rows = rows

    @property
    def clients(self) -> "Relabelling":
        return self

    async def update(
        self, writing: Writing, client: int, *_: Any, label: str, **__: Any
    ) -> Outcome:
        self._rows[client] = Client(id=client, label=label, records=())
        return Outcome(result=Subject(SubjectKind.CLIENT, client))


async def test_each_payload_is_read_anew_after_its_write() -> None:
    desk = Desk()
    desk.changes = Relabelling(desk.directory.rosters[1].rows["clients"])
    fields = "{ client { label } }"
    answer = await desk.ask(
        f"""mutation {{
          one: updateClient(input: {{ id: "{C}", label: "first" }}) {fields}
          two: updateClient(input: {{ id: "{C}", label: "second" }}) {fields}
        }}"""
    )
    assert answer.data == {
        "one": {"client": {"label": "first"}},
        "two": {"client": {"label": "second"}},
    }


async def test_several_mutations_run_in_order_and_one_that_is_refused_stops_none(
    desk: Desk,
) -> None:
    answer = await desk.ask(
        f"""mutation {{
          a: revokeToken(input: {{ id: "{T}" }}) {{ userErrors {{ code }} }}
          b: revokeToken(input: {{ id: "{id("T", FOREIGN)}" }}) {{ userErrors {{ code }} }}
          c: revokeToken(input: {{ id: "{id("T", OURS + 1)}" }}) {{ userErrors {{ code }} }}
        }}"""
    )
    assert answer.data["b"] == {"userErrors": [{"code": "NOT_FOUND"}]}
    assert [given.arguments for given in desk.changes.given] == [(OURS,), (OURS + 1,)]
