"""The ledger, tokens, the schema, storage, the audit trail and the configuration."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway import __version__
from gateway.contract import SupportLevel
from gateway.domain.vendor import VendorName
from gateway.vendors import load_all
from tests.cli.conftest import Shell

CANARY = "canary-7f3b9c-canary"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def harbour(gateway: Shell) -> Shell:
    """Harbour with accounts at AgencyAccess and Own."""
    gateway.with_agency()
    account(gateway, "agencyaccess")
    account(gateway, "own", "--created-at", "2026-03-09")
    return gateway


def account(gateway: Shell, vendor: str, *more: str, agency: str = "Harbour") -> None:
    words = ("account", "add", "--agency", agency, "--vendor", vendor, "--name", vendor)
    ran = gateway(*words, "--credential-env", "TOKEN", *more, environ={"TOKEN": CANARY + vendor})
    assert ran.code == 0, ran.err


LINES = [
    {"type": "client", "account": "agencyaccess", "vendorId": "a1", "client": "acme"},
    {"type": "client", "account": "own", "vendorId": "app1/1", "client": "acme"},
    {"type": "link", "account": "agencyaccess", "vendorId": "l1", "clientVendorId": "a1"},
    {"type": "token", "account": "own", "kind": "USER", "name": "Ann's"},
]

# ── Ledger ────────────────────────────────────────────────────────────────────────────────────


def test_what_is_imported_is_exported_and_the_second_time_nothing_is_new(harbour: Shell) -> None:
    file = harbour.file("known.jsonl", "\n".join(map(json.dumps, LINES)))
    words = ("ledger", "import", file, "--agency", "Harbour")
    assert harbour(*words, "--json").json == {"lines": 4, "new": 4}
    assert harbour(*words).out == "4 lines, 0 of them new.\n"
    exported = harbour("ledger", "export", "--agency", "Harbour")
    assert [json.loads(line) for line in exported.out.splitlines()] == LINES
    assert harbour("ledger", "export", "--agency", "Harbour", "--json").json == LINES
    again = harbour("ledger", "import", "-", "--agency", "Harbour", given=exported.out)
    assert again.out == "4 lines, 0 of them new.\n"


def test_a_long_import_tells_how_far_it_is_and_all_its_tokens_are_listed(harbour: Shell) -> None:
    many = "\n".join(json.dumps({**LINES[3], "name": f"Token {n}"}) for n in range(120))
    words = ("ledger", "import", "-", "--agency", "Harbour")
    told = harbour(*words, given=many)
    assert told.out == "120 lines, 120 of them new.\n"
    assert told.err.splitlines() == [f"{done} of 120 lines" for done in range(12, 121, 12)]
    assert harbour(*words, "--json", given=many).err == ""
    assert len(harbour("token", "list", "--json").json) == 2 + 120


def test_csv_is_imported_too(harbour: Shell) -> None:
    text = "type,account,vendorId,client\nclient,agencyaccess,a1,acme\n"
    words = ("ledger", "import", "-", "--agency", "Harbour", "--json")
    assert harbour(*words, given=text).json == {"lines": 1, "new": 1}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('\n{"type": "client"}', "Line 3: `account` is missing."),
        ("nonsense", "Line 1 is not a JSON object."),
        (
            json.dumps({**LINES[0], "account": "Mail"}),
            "Line 1: the agency has no such account; it has agencyaccess, own.",
        ),
    ],
)
def test_a_bad_line_is_one_line_and_nothing_is_taken(harbour: Shell, text: str, line: str) -> None:
    given = f"{json.dumps(LINES[0])}\n{text}" if text.startswith("\n") else text
    assert harbour("ledger", "import", "-", "--agency", "Harbour", given=given).line == line
    assert harbour("ledger", "export", "--agency", "Harbour", "--json").json == []


def test_a_file_that_is_not_there_or_no_text_is_one_line(harbour: Shell) -> None:
    words = ("ledger", "import", "--agency", "Harbour")
    assert harbour(*words, "nowhere").line == "nowhere: No such file or directory."
    (harbour.folder / "binary").write_bytes(b"\xff")
    assert harbour(*words, "binary").line == "What was given is not text in UTF-8."
    assert harbour("ledger", "export", "--agency", "Nowhere").line


def test_where_no_vendor_can_list_a_refresh_has_nothing_to_do(gateway: Shell) -> None:
    gateway.with_agency()
    account(gateway, "agencyaccess")
    ran = gateway("ledger", "refresh", "--agency", "Harbour")
    assert (ran.code, ran.out) == (0, "No vendor of this agency can list.\n")


def test_a_refresh_that_fails_tells_why_and_exits_with_1(gateway: Shell) -> None:
    gateway.with_agency()
    gateway.environ["GATEWAY_HTTP__PROFILE"] = "development"
    account(gateway, "bronto", "--base-url", "http://127.0.0.1:1")
    ran = gateway("ledger", "refresh", "--agency", "Harbour", "--json")
    assert ran.code == 1
    rows = json.loads(ran.out)
    assert [row["list"] for row in rows] == ["clients", "tokens"]
    assert all(row["problem"] for row in rows)


# ── Tokens ────────────────────────────────────────────────────────────────────────────────────


def tokens(gateway: Shell, *more: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = gateway("token", "list", *more, "--json").json
    return found


def made(days_ago: int) -> str:
    return f"{datetime.now(UTC) - timedelta(days=days_ago):%Y-%m-%d}"


def test_tokens_that_end_soon_are_told_for_a_cron_job(gateway: Shell) -> None:
    gateway.with_agency().with_agency("Meadow")
    account(gateway, "own", "--created-at", made(days_ago=160))
    account(gateway, "agencyaccess")
    account(gateway, "own", "--created-at", made(days_ago=10), agency="Meadow")
    assert len(tokens(gateway)) == 3
    (row,) = tokens(gateway, "--expiring", "30d")
    assert (row["agency"], row["vendor"], row["kind"]) == ("Harbour", "OWN", "USER")
    assert (row["status"], row["hint"]) == ("EXPIRING", "yown")
    assert 18 <= row["expiresInDays"] <= 20
    assert tokens(gateway, "--expiring", "15d") == []
    assert len(tokens(gateway, "--expiring", "180d")) == 2
    assert [each["agency"] for each in tokens(gateway, "--agency", "Meadow")] == ["Meadow"]
    assert gateway("token", "list", "--agency", "Nowhere").line
    assert gateway("token", "list", "--expiring", "15d").out == "No such tokens.\n"


def test_a_token_that_ended_is_told_until_somebody_sees_to_it(gateway: Shell) -> None:
    gateway.with_agency()
    account(gateway, "own", "--created-at", made(days_ago=200))
    (row,) = tokens(gateway, "--expiring", "30d")
    assert (row["status"], row["expiresInDays"] < 0) == ("EXPIRED", True)


@pytest.mark.parametrize("text", ["30", "d", "30h", "-1d", "99999d"])
def test_a_time_that_is_no_number_of_days_is_wrong_use(gateway: Shell, text: str) -> None:
    assert gateway("token", "list", f"--expiring={text}").code == 2


# ── Schema ────────────────────────────────────────────────────────────────────────────────────


def test_the_schema_is_printed_as_it_is_committed(gateway: Shell) -> None:
    printed = gateway("schema", "print").out
    assert printed == (ROOT / "schema.graphql").read_text()
    assert gateway("schema", "print", "--json").json["sdl"] == printed.rstrip("\n")


def test_a_schema_in_step_passes_the_check_and_a_stale_one_does_not(gateway: Shell) -> None:
    sdl = gateway("schema", "print").out
    file, released = gateway.file("a.graphql", sdl), gateway.file("b.graphql", sdl)
    words = ("schema", "check", "--file", file, "--released", released)
    assert gateway(*words, "--json").json == {"stale": False, "breaking": []}
    file.write_text(sdl.replace("type Query", "type Quary"))
    assert "is stale: run `gateway schema print >" in gateway(*words).line
    gateway.file("a.graphql", sdl)
    released.write_text(sdl.replace("  viewer: Viewer!", "  viewer: Viewer!\n  gone: String"))
    ran = gateway(*words)
    assert ran.line == f"1 breaking changes against {released}."
    assert "Field Query.gone was removed." in ran.out
    assert gateway("schema", "check", "--file", "nowhere").line.startswith("nowhere: ")


# ── The rest ──────────────────────────────────────────────────────────────────────────────────


def test_the_support_matrix_has_a_row_for_each_operation_of_each_vendor(gateway: Shell) -> None:
    rows = gateway("vendor", "list", "--json").json
    assert len(rows) == sum(len(vendor.support) for vendor in load_all())
    assert {row["vendor"] for row in rows} == {name.name for name in VendorName}
    assert {row["level"] for row in rows} == {level.name for level in SupportLevel}
    assert all((row["reason"] is None) == (row["level"] == "LIVE") for row in rows)
    assert "AGENCYACCESS" in gateway("vendor", "list").out


def test_the_database_is_brought_to_the_newest_schema(gateway: Shell) -> None:
    assert gateway("storage", "migrate", "--json").json == {"migrated": True}
    assert gateway("storage", "migrate").code == 0
    assert (gateway.folder / "gateway.db").exists()


def test_the_audit_trail_tells_who_changed_what(harbour: Shell) -> None:
    harbour.with_agency("Meadow")
    rows = harbour("audit", "list", "--json").json
    assert len(rows) >= 4
    assert all(row["actor"].startswith("operator") for row in rows)
    assert CANARY not in json.dumps(rows)
    assert len(harbour("audit", "list", "--limit", "1", "--json").json) == 1
    mine = harbour("audit", "list", "--agency", "Meadow", "--json").json
    assert 0 < len(mine) < len(rows)
    assert harbour("audit", "list", "--limit", "0").code == 2
    assert harbour("audit", "list", "--agency", "Nowhere").line


def test_the_effective_configuration_is_shown_redacted(gateway: Shell) -> None:
    secret = {"GATEWAY_STORAGE__URL": f"postgresql://gateway:{CANARY}@db/gateway"}
    shown = gateway("config", "show", "--json", environ=secret)
    assert shown.json["storage"]["url"] == "postgresql://gateway:•••@db/gateway"
    assert shown.json["deadline"] == {"default": "10s", "maximum": "30s"}
    assert "[deadline]\ndefault = " in gateway("config", "show", environ=secret).out
    assert CANARY not in "".join(gateway.printed)


def test_an_unknown_key_is_told_its_nearest_known_one(gateway: Shell) -> None:
    assert gateway("config", "check", "--json").json == {"ok": True}
    file = gateway.file("other.toml", '[deadline]\ndefalt = "3s"\n')
    line = gateway("--config", file, "config", "check").line
    assert "the nearest known one is `deadline.default`" in line


def test_a_file_on_the_command_line_is_the_one_that_counts(gateway: Shell) -> None:
    gateway.file("gateway.toml", '[deadline]\ndefault = "3s"\n')
    assert gateway("config", "show", "--json").json["deadline"]["default"] == "3s"
    other = gateway.file("other.toml", '[deadline]\ndefault = "4s"\n')
    shown = gateway("--config", other, "config", "show", "--json").json
    assert shown["deadline"]["default"] == "4s"
    assert gateway("--config", "nowhere.toml", "config", "check").line


def test_the_version_is_told(gateway: Shell) -> None:
    assert gateway("--version").out == f"{__version__}\n"


def commands() -> list[tuple[str, ...]]:
    """Every command, with its group."""
    import typer.main

    from gateway.cli.main import app

    def walk(command: Any, words: tuple[str, ...]) -> list[tuple[str, ...]]:
        inner = getattr(command, "commands", None)
        if inner is None:
            return [words]
        return [each for name, one in inner.items() for each in walk(one, (*words, name))]

    return walk(typer.main.get_command(app), ())


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_explains_itself_with_an_example_and_speaks_json(
    gateway: Shell, words: tuple[str, ...]
) -> None:
    ran = gateway(*words, "--help")
    assert ran.code == 0
    assert "Example: gateway " in ran.out
    assert "--json" in ran.out


@pytest.mark.parametrize("words", [(), ("agency",), ("agency", "frobnicate"), ("--nope",)])
def test_wrong_use_exits_with_2(gateway: Shell, words: tuple[str, ...]) -> None:
    assert gateway(*words).code == 2


def test_a_database_that_cannot_be_reached_is_one_line(gateway: Shell) -> None:
    elsewhere = {"GATEWAY_STORAGE__URL": "sqlite:////proc/nowhere/gateway.db"}
    for words in (("agency", "list"), ("storage", "migrate"), ("token", "list")):
        assert gateway(*words, environ=elsewhere).line
