"""Ledger lines: JSON Lines and CSV, errors that name the line and the field, a whole round trip."""

import csv
import io
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.directory.lines import (
    ClientLine,
    Line,
    LinkLine,
    TokenLine,
    moment,
    read_lines,
)
from gateway.domain.failures import BadInput
from gateway.domain.model import TokenKind

CLIENT = {"type": "client", "account": "Main", "vendorId": "a1"}
LINK = {"type": "link", "account": "Main", "vendorId": "l1", "clientVendorId": "a1"}
TOKEN = {"type": "token", "account": "Main", "kind": "USER", "name": "Ann's"}


def jsonl(*lines: Any) -> str:
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)


def refused(text: str) -> BadInput:
    with pytest.raises(BadInput) as caught:
        read_lines(text)
    return caught.value


def test_each_kind_of_line_is_read() -> None:
    full = {
        **TOKEN,
        "user": "ann",
        "createdAt": "2026-03-09",
        "hint": "x9Qz",
        "clientVendorId": "a1",
    }
    assert read_lines(jsonl({**CLIENT, "client": "acme"}, LINK, TOKEN, full)) == [
        ClientLine(account="Main", vendor_id="a1", client="acme"),
        LinkLine(account="Main", vendor_id="l1", client_vendor_id="a1"),
        TokenLine(account="Main", kind=TokenKind.USER, name="Ann's"),
        TokenLine(
            account="Main",
            kind=TokenKind.USER,
            name="Ann's",
            user="ann",
            created_at=datetime(2026, 3, 9, tzinfo=UTC),
            hint="x9Qz",
            client_vendor_id="a1",
        ),
    ]


def test_the_same_in_csv_with_empty_cells_for_what_is_absent() -> None:
    text = (
        "type,account,vendorId,client,clientVendorId,kind,name\r\n"
        'client,Main,a1,"Ruiz, Cerámica",,,\r\n'
        "link,Main,l1,,a1,,\r\n"
        "\r\n"
        "token,Main,,,,USER,Ann's\r\n"
    )
    lines = read_lines(text)
    assert lines == [
        ClientLine(account="Main", vendor_id="a1", client="Ruiz, Cerámica"),
        LinkLine(account="Main", vendor_id="l1", client_vendor_id="a1"),
        TokenLine(account="Main", kind=TokenKind.USER, name="Ann's"),
    ]
    assert [line.number for line in lines] == [2, 3, 5]


def test_lines_know_where_they_stand_whatever_is_blank_between_them() -> None:
    text = f"\ufeff{jsonl(CLIENT)}\r\n\r\n  \n{jsonl(LINK)}\n"
    assert [line.number for line in read_lines(text)] == [1, 4]


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff"])
def test_an_empty_file_has_no_lines(text: str) -> None:
    assert read_lines(text) == []


@pytest.mark.parametrize("separator", ["\u2028", "\u0085", "\x1c", "\u3000"])
def test_what_other_readers_take_for_the_end_of_a_line_does_not_split_one(separator: str) -> None:
    line = {**CLIENT, "client": f"a{separator}b"}
    if separator == "\x1c":
        assert refused(jsonl(line)).field == ("1", "client")
    else:
        assert read_lines(jsonl(line)) == [
            ClientLine(account="Main", vendor_id="a1", client=f"a{separator}b")
        ]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({**CLIENT, "type": "customer"}, "type"),
        ({**CLIENT, "type": ["client"]}, "type"),
        ({**CLIENT, "type": None}, "type"),
        ({"account": "Main"}, "type"),
        ({**CLIENT, "vendorID": "canary"}, "vendorID"),
        ({**CLIENT, "vendorId": ""}, "vendorId"),
        ({**CLIENT, "vendorId": "  "}, "vendorId"),
        ({**CLIENT, "vendorId": 71}, "vendorId"),
        ({**CLIENT, "vendorId": None}, "vendorId"),
        ({**CLIENT, "vendorId": "a\x00b"}, "vendorId"),
        ({**CLIENT, "client": "canary\nline"}, "client"),
        ({"type": "client", "account": "Main"}, "vendorId"),
        ({**LINK, "clientVendorId": {}}, "clientVendorId"),
        ({**TOKEN, "kind": "PASSWORD"}, "kind"),
        ({**TOKEN, "hint": "canary"}, "hint"),
        ({**TOKEN, "createdAt": "canary"}, "createdAt"),
        ({**TOKEN, "createdAt": "9999-12-31"}, "createdAt"),
        ({**TOKEN, "createdAt": "0001-01-01T00:00+23:00"}, "createdAt"),
    ],
)
def test_a_bad_line_is_named_with_its_field_and_without_its_value(line: Any, field: str) -> None:
    failure = refused(jsonl(CLIENT, line))
    assert failure.field == ("2", field)
    assert failure.message.startswith(f"Line 2: `{field}` ")
    assert "canary" not in failure.message


@pytest.mark.parametrize(
    "line", ["{", "[]", "1", "canary", '{"type": NaN', "[" * 100_000, '"type"']
)
def test_what_is_not_a_json_object_is_named_by_its_line(line: str) -> None:
    failure = refused(f"{jsonl(CLIENT)}\n\n{line}")
    assert (failure.field, failure.message) == (("3",), "Line 3 is not a JSON object.")


def test_half_of_a_surrogate_pair_is_no_text() -> None:
    assert refused('{"type": "client", "account": "Main", "vendorId": "\\ud800"}').field == (
        "1",
        "vendorId",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("type,account\nclient,Main,more", "Line 2 has more columns than the header."),
        ('type,account\nclient,"Main\nclient,Main', "Line 2 is not CSV."),
        ("type,account\nclient," + "x" * 200_000, "Line 2 is not CSV."),
    ],
)
def test_bad_csv_is_named_by_its_line(text: str, message: str) -> None:
    failure = refused(text)
    assert failure.message == message
    assert failure.field == ("2",)


words = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20).filter(
    lambda text: text.strip()
)
seconds = st.integers(1, 30_000_000_000)
moments = seconds.map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
lines = st.lists(
    st.builds(ClientLine, account=words, vendor_id=words, client=st.none() | words)
    | st.builds(LinkLine, account=words, vendor_id=words, client_vendor_id=words)
    | st.builds(
        TokenLine,
        account=words,
        kind=st.sampled_from(TokenKind),
        name=words,
        user=st.none() | words,
        created_at=st.none() | moments,
        hint=st.none() | words.filter(lambda text: len(text) <= 4),
        client_vendor_id=st.none() | words,
    )
)


def written(line: Line) -> dict[str, str]:
    """A line as `gateway ledger export` writes it."""
    match line:
        case ClientLine():
            told = {"type": "client", "vendorId": line.vendor_id, "client": line.client}
        case LinkLine():
            told = {
                "type": "link",
                "vendorId": line.vendor_id,
                "clientVendorId": line.client_vendor_id,
            }
        case TokenLine():
            told = {
                "type": "token",
                "kind": line.kind.value,
                "name": line.name,
                "user": line.user,
                "createdAt": line.created_at and line.created_at.isoformat(),
                "hint": line.hint,
                "clientVendorId": line.client_vendor_id,
            }
    told["account"] = line.account
    return {name: value for name, value in told.items() if value is not None}


@given(lines)
def test_lines_come_back_from_json_as_they_were(lines: list[Line]) -> None:
    assert read_lines(jsonl(*map(written, lines))) == lines


@given(lines)
def test_lines_come_back_from_csv_as_they_were(lines: list[Line]) -> None:
    text = io.StringIO()
    names = ["type", "account", "vendorId", "client", "clientVendorId", "kind", "name", "user"]
    writer = csv.DictWriter(text, [*names, "createdAt", "hint"])
    writer.writeheader()
    writer.writerows(map(written, lines))
    assert read_lines(text.getvalue()) == lines


@given(st.text() | st.text(alphabet='{}[]",:\n\r type\\'))
def test_whatever_a_file_holds_nothing_fails_but_in_our_own_words(text: str) -> None:
    with suppress(BadInput):
        assert all(line.account and line.number >= 1 for line in read_lines(text))


@given(moments, st.integers(-23 * 60, 23 * 60))
def test_a_moment_is_the_same_in_any_zone(at: datetime, minutes: int) -> None:
    there = timezone(timedelta(minutes=minutes))
    assert moment((at + timedelta(days=2)).astimezone(there).isoformat()) == at + timedelta(days=2)


def test_a_day_begins_in_utc() -> None:
    assert moment("2026-03-09") == datetime(2026, 3, 9, tzinfo=UTC)
