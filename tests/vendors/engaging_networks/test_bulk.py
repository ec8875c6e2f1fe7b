"""The bulk export and import through the real stack, over real sockets."""

import asyncio
import csv
import io
import traceback
from contextlib import aclosing
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from gateway.contract import Made
from gateway.domain.changes import ActivityExport, Import, ImportFile
from gateway.domain.events import CredentialRejected
from gateway.domain.failures import (
    BadInput,
    CapabilityMissing,
    CredentialRefused,
    Failure,
    Malformed,
    Unavailable,
    VendorError,
)
from gateway.upstream.exchange import Reply

EXPORT = "export.service"
IMPORT = "import.service"
CANARY = "c0ffee00-dead-4bad-8bad-canarycanary"
COLUMNS = ["Account ID", "Supporter ID", "Supporter Email", "Campaign Type", "Campaign ID"]
HEADER = [*COLUMNS, "Campaign Date", ""]
YESTERDAY = date(2026, 3, 9)
FILE = (
    b'Email,First name,Last name\r\nana@example.org,Ana,"Silva\nLopes"\r\nzoe@example.org,Zoe,Q\r\n'
)


def activity(first: date, last: date = YESTERDAY, **options: Any) -> ActivityExport:
    return ActivityExport(vendor_id="us/7", first=first, last=last, **options)


async def exported(bench: Any, export: ActivityExport, account: Any = None) -> list[list[str]]:
    pieces = [piece async for piece in bench.connect(account).export_activity(export)]
    return list(csv.reader(io.StringIO(b"".join(pieces).decode(), newline="")))


def file(content: bytes = FILE, **details: Any) -> ImportFile:
    told = {"name": "March", "format": "Supporters", **details}
    return ImportFile(details=Import(vendor_id="us/7", **told), content=content)


async def imported(bench: Any, sent: ImportFile, account: Any = None) -> Made:
    made: Made = await bench.connect(account).start_import.send(sent, "gw-intent-1")
    return made


# ── Export ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.live("ENGAGING_NETWORKS", "startExport")
@pytest.mark.case(18)
async def test_an_export_reads_single_days_and_tells_the_header_once(bench: Any) -> None:
    rows = await exported(bench, activity(date(2026, 3, 1)))

    assert rows[0] == HEADER
    # Seeded are 2 March, 8 March and 9 March, with three rows each.
    assert [row[5] for row in rows[1:]] == ["2026-03-02"] * 3 + ["2026-03-08"] * 3 + [
        "2026-03-09"
    ] * 3
    assert {row[-1] for row in rows} == {""}
    assert await bench.calls() == {EXPORT: 9}


async def test_an_export_takes_only_the_activities_asked_for(bench: Any) -> None:
    rows = await exported(bench, activity(YESTERDAY, activity_types=("DCF", "FCS")))

    assert [row[3] for row in rows[1:]] == ["DCF", "FCS"]


@pytest.mark.parametrize("standard", [True, False])
async def test_an_export_has_the_common_layout_or_the_accounts_own(
    bench: Any, standard: bool
) -> None:
    columns = [["Status", "status"]]
    await bench.change(lambda state: state["accounts"][0].update(export_columns=columns))
    rows = await exported(bench, activity(YESTERDAY, standard_layout=standard))

    assert rows[0] == (HEADER if standard else [*HEADER[:-1], "Status", ""])


async def test_an_accounts_own_delimiter_and_line_ends_between_quotes_do_no_harm(
    bench: Any,
) -> None:
    def change(state: Any) -> None:
        state["accounts"][0]["file_delimiter"] = ";"
        for row in state["accounts"][0]["activity"]:
            row["campaign"] = 'Save;\n"the"\nriver'

    await bench.change(change)
    pieces = [piece async for piece in bench.connect().export_activity(activity(YESTERDAY))]
    rows = list(csv.reader(io.StringIO(b"".join(pieces).decode(), newline=""), delimiter=";"))

    assert [row[4] for row in rows[1:]] == ['Save;\n"the"\nriver'] * 3


async def test_an_export_is_handed_on_while_it_is_read(bench: Any) -> None:
    state = bench.double.state()
    rows = [row for row in state["accounts"][0]["activity"] if row["date"] == str(YESTERDAY)]
    state["accounts"][0]["activity"] = rows * 7_000
    bench.double.reset(state)
    async with aclosing(bench.connect().export_activity(activity(YESTERDAY))) as pieces:
        first = await anext(pieces)
    assert 0 < first.count(b"2026-03-09") < 7_000
    assert await bench.calls() == {EXPORT: 1}


@pytest.mark.case(19)
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"the token {CANARY} is not valid", CredentialRefused),
        (f"the dates {CANARY} are out of range", BadInput),
        (f"the user {CANARY} has no permission", CapabilityMissing),
        (CANARY, VendorError),
    ],
)
async def test_an_error_told_with_200_is_a_failure_and_not_a_row(
    bench: Any, text: str, kind: type[Failure]
) -> None:
    body = f"\n\nERROR: {text}"
    fault = {"fault": "status", "code": 200, "body": body, "headers": {"Content-Type": "text/csv"}}
    await bench.faults({"match": {"operation": EXPORT}, **fault})

    with pytest.raises(kind) as failed:
        await exported(bench, activity(date(2026, 3, 8)))
    assert CANARY not in str(failed.value) + repr(vars(failed.value))
    assert await bench.calls() == {EXPORT: 1}


@pytest.mark.case(20)
async def test_fewer_rows_than_the_vendor_promised_end_the_export_with_a_failure(
    bench: Any,
) -> None:
    await bench.faults(
        {"match": {"operation": EXPORT, "nth": 2}, "fault": "headers", "set": {"Total": "4"}}
    )
    pieces = bench.connect().export_activity(activity(date(2026, 3, 8)))
    told = await anext(pieces) + await anext(pieces)

    assert told.count(b"2026-03-08") + told.count(b"2026-03-09") == 6
    with pytest.raises(Malformed, match="cut short"):
        await anext(pieces)
    assert await bench.calls() == {EXPORT: 2}


@pytest.mark.case(20)
async def test_a_connection_that_breaks_in_the_middle_is_told_and_the_day_not_read_again(
    bench: Any,
) -> None:
    await bench.faults({"match": {"operation": EXPORT}, "fault": "truncate", "bytes": 120})

    with pytest.raises(Unavailable):
        await exported(bench, activity(date(2026, 3, 8)))
    assert await bench.calls() == {EXPORT: 1}


@pytest.mark.case(21)
async def test_without_a_total_nothing_is_checked(bench: Any) -> None:
    body = "Supporter Email,\nana@example.org,\n"
    fault = {"fault": "status", "code": 200, "body": body, "headers": {"Content-Type": "text/csv"}}
    await bench.faults({"match": {"operation": EXPORT}, **fault})

    assert await exported(bench, activity(YESTERDAY)) == [
        ["Supporter Email", ""],
        ["ana@example.org", ""],
    ]


@pytest.mark.case(22)
async def test_xml_where_csv_was_asked_for_is_not_passed_on(bench: Any) -> None:
    body = "<AOXmlResponse><rows/></AOXmlResponse>"
    await bench.faults(
        {"match": {"operation": EXPORT}, "fault": "status", "code": 200, "body": body}
    )

    with pytest.raises(Malformed, match="not CSV"):
        await exported(bench, activity(YESTERDAY))


@pytest.mark.case(23)
@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        (date(2026, 2, 5), YESTERDAY, "from"),
        (date(2026, 3, 8), date(2026, 3, 10), "to"),
        (YESTERDAY, date(2026, 3, 8), "to"),
    ],
)
async def test_days_that_cannot_be_had_are_refused_before_any_call(
    bench: Any, first: date, last: date, field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        bench.connect().export_activity(activity(first, last))

    assert refused.value.field == ("source", "activity", field)
    assert await bench.calls() == {}


@pytest.mark.case(24)
@pytest.mark.parametrize(
    ("changed", "staged"),
    [
        # 25 hours long, and staged at 03:00 EST; then 23 hours long, and staged at 03:00 EDT.
        (date(2026, 11, 1), datetime(2026, 11, 2, 8, tzinfo=UTC)),
        (date(2027, 3, 14), datetime(2027, 3, 15, 7, tzinfo=UTC)),
    ],
)
async def test_the_day_of_a_changed_clock_is_one_day_and_is_had_from_three_in_the_morning(
    bench: Any, time: Any, changed: date, staged: datetime
) -> None:
    time.seconds += (staged - time.clock.now()).total_seconds() - 1
    export = activity(changed, changed)
    with pytest.raises(BadInput):
        bench.connect().export_activity(export)
    time.seconds += 1
    bench.double.reset(None)

    rows = await exported(bench, export)
    assert {row[5] for row in rows[1:]} == {str(changed)}
    assert await bench.calls() == {EXPORT: 1}


@pytest.mark.case(25)
async def test_a_public_token_exports_nothing(bench: Any) -> None:
    account = bench.account(private_tokens=bench.seeded()["public_token"])

    with pytest.raises(CredentialRefused, match="no private"):
        await exported(bench, activity(YESTERDAY), account)
    assert sum(isinstance(event, CredentialRejected) for event in bench.events) == 1


@pytest.mark.case(30)
async def test_a_refreshed_token_is_refused_at_once_and_the_next_one_takes_its_place(
    bench: Any,
) -> None:
    account = bench.account()
    bench.double.dashboard({"action": "refresh_token", "kind": "private", "agency": "Harbour"})

    with pytest.raises(CredentialRefused):
        await exported(bench, activity(YESTERDAY), account)
    learnt = msgspec.structs.replace(
        account,
        credentials=tuple(
            msgspec.structs.replace(one, refused=(one.slot, one.holder) == ("private_tokens", "0"))
            for one in account.credentials
        ),
    )
    assert len(await exported(bench, activity(YESTERDAY), learnt)) == 4
    assert await bench.calls() == {EXPORT: 2}


async def test_without_a_private_token_nothing_is_asked(bench: Any) -> None:
    bare = bench.account(lacks="private_tokens")

    with pytest.raises(CapabilityMissing, match="private token"):
        bench.connect(bare).export_activity(activity(YESTERDAY))
    with pytest.raises(CapabilityMissing, match="private tokens"):
        await imported(bench, file(), bare)
    assert await bench.calls() == {}
    assert bench.journal == []


# ── Import ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.live("ENGAGING_NETWORKS", "startImport")
@pytest.mark.case(26)
async def test_an_import_is_one_journaled_call_and_gives_the_vendors_job_number(
    bench: Any,
) -> None:
    made = await imported(bench, file(segment_id="12", segment_name="Rivers"))

    (effect,) = await bench.effects()
    assert made == Made(str(effect["job"]))
    told = {"name": "March", "format": "Supporters", "rows": 2}
    assert {key: effect[key] for key in told} == told
    assert (effect["segmentId"], effect["segmentName"]) == ("12", "Rivers")
    assert await bench.calls() == {IMPORT: 1}
    sending, answer = bench.journal
    assert sending == "sending"
    assert isinstance(answer, Reply)
    assert made.vendor_id.encode() in answer.body


async def test_what_was_imported_can_be_read(bench: Any) -> None:
    await imported(bench, file())
    me = bench.vendor_id()

    found = await bench.connect().find_supporters([(me, "zoe@example.org")])
    assert found[me, "zoe@example.org"].value.fields[:2] == (
        ("Email Address", "zoe@example.org"),
        ("First Name", "Zoe"),
    )


async def test_transactions_need_no_format_of_the_account(bench: Any) -> None:
    content = b"Supporter Email,Campaign Type,Campaign ID\nzoe@example.org,PET,Clean air\n"
    await imported(bench, file(content, format="importTransactions"))

    (effect,) = await bench.effects()
    assert (effect["format"], effect["rows"]) == ("importTransactions", 1)


@pytest.mark.case(27)
@pytest.mark.parametrize(
    "sent",
    [
        file(b"Email,Last name,First name\nana@example.org,Silva,Ana\n"),
        file(b""),
        file(format="Nothing"),
        file(format="importTransactions"),
    ],
)
async def test_a_file_that_is_not_of_the_format_is_refused_and_nothing_happens(
    bench: Any, sent: ImportFile
) -> None:
    with pytest.raises(BadInput, match="first line") as refused:
        await imported(bench, sent)

    assert refused.value.field == ("format",)
    assert await bench.effects() == []
    assert await bench.calls() == {IMPORT: 1}


@pytest.mark.case(17, 28)
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"fault": "status", "code": 502, "effect": "before"}, Unavailable),
        ({"fault": "status", "code": 503, "effect": "before"}, Unavailable),
        ({"fault": "status", "code": 500, "effect": "before"}, VendorError),
        ({"fault": "reset", "after_bytes": 0, "effect": "before"}, Unavailable),
        ({"fault": "html", "effect": "before"}, Malformed),
        ({"fault": "status", "code": 200, "body": "Thank you", "effect": "before"}, Malformed),
    ],
)
async def test_an_import_whose_answer_is_lost_or_unclear_is_never_sent_again(
    bench: Any, fault: dict[str, Any], kind: type[Failure]
) -> None:
    await bench.faults({"match": {"operation": IMPORT}, **fault})

    with pytest.raises(kind) as failed:
        await imported(bench, file())
    assert failed.value.sent is not False
    assert await bench.calls() == {IMPORT: 1}
    assert len(await bench.effects()) == 1


async def test_a_public_token_imports_nothing(bench: Any) -> None:
    account = bench.account(private_tokens=bench.seeded()["public_token"])

    with pytest.raises(CredentialRefused):
        await imported(bench, file(), account)
    assert await bench.effects() == []


async def test_an_answer_that_was_kept_is_read_again_without_content_and_without_a_token(
    bench: Any,
) -> None:
    made = await imported(bench, file())
    kept: Reply = bench.journal[1]

    async def answer(call: Any) -> Reply:
        assert call.journaled
        return kept

    bench.proceed = answer
    again = await imported(bench, file(b""), bench.account(lacks="private_tokens"))
    assert again == made


# ── Secrets ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.case(31)
async def test_no_token_address_or_row_is_in_failures_events_or_logs(
    bench: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    secret, person = bench.account(private_tokens=CANARY), "ana.silva@example.org"
    shown = []
    await bench.faults(
        {"match": {"operation": EXPORT, "nth": 2}, "fault": "truncate", "bytes": 130},
        {"match": {"operation": IMPORT, "nth": 2}, "fault": "reset", "after_bytes": 0},
    )
    for account in (secret, bench.account(), None):
        outcomes = await asyncio.gather(
            exported(bench, activity(YESTERDAY), account),
            imported(bench, file(person.encode()), account),
            return_exceptions=True,
        )
        shown += [one for one in outcomes if isinstance(one, BaseException)]
    assert len(shown) >= 4
    text = "".join("".join(traceback.format_exception(one)) + repr(vars(one)) for one in shown)
    ours = [one for one in caplog.records if not one.name.startswith("uvicorn")]
    text += repr(bench.events) + "".join(one.getMessage() for one in ours)
    tokens = bench.seeded()["private_tokens"]
    assert not [word for word in (CANARY, *tokens, person, "127.0.0.1") if word in text]
