"""Operators' commands against vendors that answer: accounts, the ledger, tokens, the schema."""

import json
import os
import re
import shlex
import sqlite3
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from gateway.domain.vendor import VendorName
from tests.cli.operating import Cli, Vendors, complaint

AGENCYACCESS = VendorName.AGENCYACCESS
BRONTO = VendorName.BRONTO
ENGAGING_NETWORKS = VendorName.ENGAGING_NETWORKS
OWN = VendorName.OWN
CANARY = "canary-7f3b9c-canary-7f3b9c"
README = Path(__file__).parents[2] / "README.md"


def add(cli: Cli, vendor: str, *words: object, given: str | None = None) -> Any:
    """Add an account named Main to Harbour."""
    return cli.told(
        "account",
        "add",
        "--agency",
        "Harbour",
        "--vendor",
        vendor,
        "--name",
        "Main",
        *words,
        given=given,
    )


def numbers(cli: Cli, vendor: VendorName) -> list[int]:
    """The ids of Harbour's accounts at a vendor."""
    rows = cli.told("account", "list", "--agency", "Harbour")
    return [row["id"] for row in rows if row["vendor"] == vendor.name]


# ── Adding an account ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("vendor", VendorName)
@pytest.mark.parametrize("way", ["a file", "standard input", "a variable"])
def test_credentials_come_from_a_file_standard_input_or_a_variable(
    operator: Cli, vendors: Vendors, monkeypatch: pytest.MonkeyPatch, vendor: VendorName, way: str
) -> None:
    operator("agency", "add", "Harbour")
    text = json.dumps(vendors.credentials(vendor))
    match way:
        case "a file":
            (operator.home / "credential.json").write_text(text)
            added = add(operator, vendor.value, "--credential-file", "credential.json")
        case "standard input":
            added = add(operator, vendor.value, "--credential-file", "-", given=text)
        case _:
            monkeypatch.setenv("THE_CREDENTIAL", text)
            added = add(operator, vendor.value, "--credential-env", "THE_CREDENTIAL")

    assert added == {"id": 1, "vendor": vendor.name, "name": "Main"}
    (verdicts,) = [operator.told("account", "check", 1)]
    assert {verdict["accepted"] for verdict in verdicts} == {True}


def test_one_bare_string_fills_the_first_slot(operator: Cli, vendors: Vendors) -> None:
    operator("agency", "add", "Harbour")
    key = vendors.credentials(AGENCYACCESS)["api_key"]

    add(operator, "agencyaccess", "--credential-file", "-", given=f"{key}\n")

    (verdict,) = operator.told("account", "check", 1)
    assert (verdict["credential"], verdict["accepted"]) == ("api_key", True)


@pytest.mark.parametrize(
    ("vendor", "content", "said"),
    [
        ("agencyaccess", {"api_kee": CANARY}, "`api_kee`"),
        ("agencyaccess", {"api_key": CANARY, "api_token": CANARY}, "`api_token`"),
        ("agencyaccess", {"api_key": [CANARY]}, "`api_key` must be a string"),
        ("agencyaccess", {"api_key": ""}, "`api_key` must hold"),
        ("agencyaccess", {"api_key": f"{CANARY}\n{CANARY}"}, "`api_key` must hold"),
        ("agencyaccess", {}, "holds no credential"),
        ("agencyaccess", {"api_key": None}, "holds no credential"),
        ("agencyaccess", [CANARY], "a JSON object or one string"),
        ("bronto", {"client_tokens": [CANARY]}, "`client_tokens` must be an object"),
        ("bronto", {"client_tokens": {"x": {"y": CANARY}}}, "`client_tokens` must hold"),
        ("engaging_networks", {"private_tokens": CANARY}, "`private_tokens` must be a list"),
        ("engaging_networks", {"private_tokens": [1]}, "`private_tokens` must hold"),
        ("own", {"api_token": CANARY, "client_id": 7}, "`client_id` must be a string"),
        ("own", {"client_id": CANARY}, "holds no credential"),
    ],
)
def test_a_bad_credential_file_names_its_key_echoes_no_value_and_adds_nothing(
    operator: Cli, vendor: str, content: Any, said: str
) -> None:
    operator("agency", "add", "Harbour")
    words = ("account", "add", "--agency", "Harbour", "--vendor", vendor, "--name", "Main")

    told = operator.failure(*words, "--credential-file", "-", given=json.dumps(content))

    assert said in told
    assert "canary" not in operator.printed
    assert operator.told("account", "list") == []


@pytest.mark.parametrize(
    "given", ["", " \n", f'{{"api_key": "{CANARY}"', f'"{CANARY}', "[" * 10**5]
)
def test_a_credential_that_is_empty_or_no_json_is_wrong_use(operator: Cli, given: str) -> None:
    operator("agency", "add", "Harbour")
    words = ("account", "add", "--agency", "Harbour", "--vendor", "own", "--name", "Main")

    said = operator.misuse(*words, "--credential-file", "-", given=given)

    assert "is empty" in said or "not valid JSON" in said
    assert "canary" not in said
    assert operator.told("account", "list") == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--region app1", "has no regions"),
        ("--capability FLY", "has the capabilities"),
        ("--base-url http://elsewhere.example", "--base-url"),
        ("--base-url https://user:canary-7f3b9c@x.example", "--base-url"),
        ("--base-url file:///etc/passwd", "--base-url"),
    ],
)
def test_a_fact_that_the_vendor_cannot_have_is_refused(
    operator: Cli, words: str, said: str
) -> None:
    operator("agency", "add", "Harbour")
    account = ("account", "add", "--agency", "Harbour", "--vendor", "agencyaccess", "--name", "M")

    told = operator.failure(*account, *words.split(), "--credential-file", "-", given=CANARY)

    assert said in told
    assert "canary" not in told
    assert operator.told("account", "list") == []


def test_a_vendor_that_is_down_costs_a_word_and_the_account_is_kept(
    operator: Cli, vendors: Vendors
) -> None:
    operator("agency", "add", "Harbour")
    vendors.faults(ENGAGING_NETWORKS, {"fault": "status", "code": 503})
    text = json.dumps(vendors.credentials(ENGAGING_NETWORKS))
    words = ("account", "add", "--agency", "Harbour", "--vendor", "engaging-networks")

    result = operator(*words, "--name", "Main", "--credential-file", "-", given=text)

    assert result.stdout == "Added account 1, Main.\n"
    assert "The account is kept; try again with `gateway account check 1`." in result.stderr
    vendors.faults(ENGAGING_NETWORKS)
    assert all(verdict["accepted"] for verdict in operator.told("account", "check", 1))


# ── Checking, rotating, removing ──────────────────────────────────────────────────────────────


def test_a_check_tells_what_a_credential_may_do_and_calls_the_vendor_once(
    established: Cli, vendors: Vendors
) -> None:
    (number,) = numbers(established, AGENCYACCESS)

    (verdict,) = established.told("account", "check", number)

    assert verdict["accepted"] is True
    assert "RETRIEVE_CUSTOMER" in verdict["may"]
    assert verdict["problem"] is None
    assert all("retrieve" in operation for operation in vendors.calls(AGENCYACCESS))


def test_a_refused_credential_is_told_marked_and_good_again_after_its_rotation(
    established: Cli, vendors: Vendors
) -> None:
    (number,) = numbers(established, AGENCYACCESS)
    new = vendors.dashboard(AGENCYACCESS, action="roll_key", agency="Harbour")["api_key"]

    refused = established("account", "check", number, "--json", code=1)

    (verdict,) = json.loads(refused.stdout)
    assert verdict["accepted"] is False
    assert verdict["problem"]
    assert complaint(refused)
    assert _credentials(established, number) == ["api_key (refused)"]

    rotated = established.told("account", "rotate", number, "--credential-file", "-", given=new)

    assert rotated == {"id": number, "replaced": ["api_key"]}
    assert _credentials(established, number) == ["api_key"]
    assert established.told("account", "check", number)[0]["accepted"] is True
    assert new not in established.printed


def test_a_rotation_that_cannot_be_leaves_what_there_was(
    established: Cli, vendors: Vendors
) -> None:
    (number,) = numbers(established, AGENCYACCESS)
    words = ("account", "rotate", number, "--credential-file", "-")

    said = established.failure(*words, given=json.dumps({"api_kee": CANARY}))

    assert "`api_kee`" in said
    assert established.told("account", "check", number)[0]["accepted"] is True
    assert "canary" not in established.printed


def _credentials(cli: Cli, number: int) -> list[str]:
    (row,) = [row for row in cli.told("account", "list") if row["id"] == number]
    return list(row["credentials"])


def test_a_removed_account_takes_with_it_all_that_is_known_through_it(established: Cli) -> None:
    (number,) = numbers(established, OWN)
    assert "Own" in {row["account"] for row in established.told("token", "list")}

    assert established.told("account", "remove", number, "--yes") == {"id": number, "removed": True}

    assert numbers(established, OWN) == []
    lines = established.told("ledger", "export", "--agency", "Harbour")
    assert "Own" not in {line["account"] for line in lines}
    told = established.told("token", "list", "--agency", "Harbour")
    assert "OWN" not in {row["vendor"] for row in told}
    assert "no account" in established.failure("account", "remove", number, "--yes")


def test_who_does_not_say_yes_keeps_the_account(established: Cli) -> None:
    (number,) = numbers(established, OWN)

    for answer in ("n\n", "\n", ""):
        established("account", "remove", number, given=answer, code=1)

    assert numbers(established, OWN) == [number]


# ── The ledger ────────────────────────────────────────────────────────────────────────────────


def told_of(cli: Cli, agency: str = "Harbour") -> list[Any]:
    """The ledger's lines, in an order that does not matter."""
    lines = cli.told("ledger", "export", "--agency", agency)
    return sorted(lines, key=lambda line: json.dumps(line, sort_keys=True))


LINES = [
    {"type": "client", "account": "AgencyAccess", "vendorId": "new1", "client": "crm-1"},
    {"type": "client", "account": "own/Own", "vendorId": "app1/999"},
    {
        "type": "link",
        "account": "agencyaccess/AgencyAccess",
        "vendorId": "link1",
        "clientVendorId": "new1",
    },
    {
        "type": "token",
        "account": "Own",
        "kind": "USER",
        "name": "ops",
        "user": "ops@example.org",
        "createdAt": "2026-11-02",
        "hint": "wxyz",
    },
]
CSV = """\
type,account,vendorId,client,clientVendorId,kind,name,user,createdAt,hint
client,AgencyAccess,new1,crm-1,,,,,,
client,own/Own,app1/999,,,,,,,
link,agencyaccess/AgencyAccess,link1,,new1,,,,,
token,Own,,,,USER,ops,ops@example.org,2026-11-02,wxyz
"""


@pytest.mark.parametrize(
    "text",
    ["\n".join(map(json.dumps, LINES)), "\r\n".join(map(json.dumps, LINES)) + "\r\n\r\n", CSV],
    ids=["JSON Lines", "with CRLF", "CSV"],
)
def test_lines_are_taken_in_once_from_a_file_or_standard_input(established: Cli, text: str) -> None:
    (established.home / "known").write_text(text)
    before = told_of(established)

    first = established.told("ledger", "import", "known", "--agency", "Harbour")
    again = established.told("ledger", "import", "-", "--agency", "Harbour", given=text)

    assert (first, again) == ({"lines": 4, "new": 4}, {"lines": 4, "new": 0})
    after = told_of(established)
    assert len(after) == len(before) + 4
    assert {
        "type": "client",
        "account": "AgencyAccess",
        "vendorId": "new1",
        "client": "crm-1",
    } in after
    assert told_of(established, "Meadow")


BAD_LINES: list[tuple[Any, str]] = [
    ({"type": "clients", "account": "Own", "vendorId": "x"}, "`type`"),
    ({"type": "client", "account": "Own"}, "`vendorId` is missing"),
    ({"type": "client", "account": "Own", "vendorId": 7}, "`vendorId`"),
    ({"type": "client", "account": "Own", "vendorId": "a/b", "Client": CANARY}, "`Client`"),
    ({"type": "client", "account": "Own", "vendorId": "310001"}, "region/id"),
    ({"type": "client", "account": "Nowhere", "vendorId": "x"}, "no such account"),
    ({"type": "link", "account": "Own", "vendorId": "x", "clientVendorId": "y"}, "has no links"),
    ({"type": "token", "account": "Own", "kind": CANARY, "name": "n"}, "`kind`"),
    (
        {"type": "token", "account": "Own", "kind": "USER", "name": "n", "hint": CANARY},
        "`hint`",
    ),
    (
        {"type": "token", "account": "Own", "kind": "USER", "name": "n", "createdAt": CANARY},
        "`createdAt`",
    ),
    ([CANARY], "not a JSON object"),
    (f"{{{CANARY}", "not a JSON object"),
]


@pytest.mark.parametrize(("bad", "said"), BAD_LINES, ids=[said for _, said in BAD_LINES])
def test_a_bad_line_is_named_with_its_field_and_nothing_is_taken_in(
    established: Cli, bad: Any, said: str
) -> None:
    before = told_of(established)
    text = "\n".join([*map(json.dumps, LINES), bad if isinstance(bad, str) else json.dumps(bad)])

    told = established.failure("ledger", "import", "-", "--agency", "Harbour", given=text)

    assert "Line 5" in told
    assert said in told
    assert "canary" not in told
    assert told_of(established) == before


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("client,Own,a/b,c,d,e,f,g,h,i,j", "more columns"),
        ("client,Own,,c", "`vendorId` is missing"),
        ('client,Own,"a/b', "Line 6"),
        ("token,Own,,,,USER,ops,,yesterday,", "`createdAt`"),
    ],
)
def test_a_bad_row_of_csv_is_named_and_nothing_is_taken_in(
    established: Cli, row: str, said: str
) -> None:
    before = told_of(established)

    told = established.failure("ledger", "import", "-", "--agency", "Harbour", given=CSV + row)

    assert "Line 6" in told
    assert said in told
    assert told_of(established) == before


def test_what_is_exported_imports_to_the_same(established: Cli) -> None:
    (established.home / "known").write_text("\n".join(map(json.dumps, LINES)))
    established("ledger", "import", "known", "--agency", "Harbour")
    exported = established("ledger", "export", "--agency", "Harbour").stdout
    accounts = established.told("account", "list", "--agency", "Harbour")
    established("agency", "add", "Quay")
    for row in accounts:
        established(
            "account", "add", "--agency", "Quay", "--vendor", row["vendor"], "--name", row["name"],
            *[word for region in row["regions"] for word in ("--region", region)],
            "--credential-file", "-", given=json.dumps(_any_credential(row["vendor"])),
        )  # fmt: skip

    done = established.told("ledger", "import", "-", "--agency", "Quay", given=exported)

    assert done == {"lines": len(exported.splitlines()), "new": len(exported.splitlines())}
    assert told_of(established, "Quay") == told_of(established)
    assert "\n" not in exported.splitlines()[0]


def _any_credential(vendor: str) -> dict[str, str]:
    slots = {"AGENCYACCESS": "api_key", "BRONTO": "agency_token", "OWN": "api_token"}
    return {slots.get(vendor, "public_token"): CANARY}


def test_a_refresh_asks_those_who_can_list_and_nobody_else(
    established: Cli, vendors: Vendors
) -> None:
    rows = established.told("ledger", "refresh", "--agency", "Harbour")

    assert {(row["account"], row["list"], row["region"]) for row in rows} == {
        ("Bronto", "clients", None),
        ("Bronto", "tokens", None),
        ("Own", "clients", "app1"),
        ("Own", "clients", "emea1"),
    }
    assert all(row["problem"] is None for row in rows)
    assert vendors.calls(AGENCYACCESS) == vendors.calls(ENGAGING_NETWORKS) == []
    assert sorted(set(vendors.calls(BRONTO))) == ["login", "readAccounts", "readApiTokens"]


def test_a_list_that_cannot_be_refreshed_is_told_and_does_not_hold_up_the_others(
    established: Cli, vendors: Vendors
) -> None:
    vendors.faults(BRONTO, {"fault": "status", "code": 503})

    result = established("ledger", "refresh", "--agency", "Harbour", "--json", code=1)

    failed = {row["account"] for row in json.loads(result.stdout) if row["problem"] is not None}
    assert failed == {"Bronto"}
    assert complaint(result)
    assert "services" in vendors.calls(OWN)


# ── Tokens ────────────────────────────────────────────────────────────────────────────────────


def test_what_expires_soon_is_listed_the_soonest_first(established: Cli) -> None:
    now = datetime.now(UTC)
    # Own's tokens end after 180 days.
    made = {"ended": 190, "soon": 175, "later": 100}
    lines = [
        {
            "type": "token",
            "account": "Own",
            "kind": "USER",
            "name": name,
            "user": f"{name}@example.org",
            "createdAt": (now - timedelta(days=days)).isoformat(),
        }
        for name, days in made.items()
    ]
    text = "\n".join(map(json.dumps, lines))
    established("ledger", "import", "-", "--agency", "Harbour", given=text)

    def named(*words: str) -> list[str]:
        rows = established.told("token", "list", "--agency", "Harbour", *words)
        return [row["name"] for row in rows if row["name"] in made]

    assert named() == ["ended", "soon", "later"]
    assert named("--expiring", "30d") == ["ended", "soon"]
    assert named("--expiring", "0d") == ["ended"]
    (soon,) = [row for row in established.told("token", "list") if row["name"] == "soon"]
    assert (soon["status"], soon["expiresInDays"]) == ("EXPIRING", 4)


def test_no_command_ever_prints_a_credential(established: Cli, vendors: Vendors) -> None:
    established("ledger", "refresh", "--agency", "Harbour")
    for words in (
        "account list",
        "account check 1",
        "account check 2",
        "token list",
        "ledger export --agency Harbour",
        "audit list --limit 1000",
        "key list",
        "config show",
    ):
        established(*words.split())
        established(*words.split(), "--json")

    assert [secret for secret in vendors.secrets() if secret in established.printed] == []
    assert len(established.printed) > 10_000


# ── Vault and storage ─────────────────────────────────────────────────────────────────────────


def test_once_all_is_rewrapped_the_old_key_may_go(established: Cli) -> None:
    ring = established.home / "keys.json"
    old = json.loads(ring.read_text())["current"]
    established("vault", "add", "--file", "keys.json")

    first = established.told("vault", "rewrap")
    again = established.told("vault", "rewrap")

    assert first["rewrapped"] == sum(
        len(row["credentials"]) for row in established.told("account", "list")
    )
    assert again == {"rewrapped": 0}
    held = json.loads(ring.read_text())
    del held["keys"][old]
    ring.write_text(json.dumps(held))
    for vendor in VendorName:
        for verdict in established.told("account", "check", numbers(established, vendor)[0]):
            assert verdict["accepted"] is True


def test_before_it_is_rewrapped_the_old_key_is_missed_in_one_line(established: Cli) -> None:
    ring = established.home / "keys.json"
    old = json.loads(ring.read_text())["current"]
    established("vault", "add", "--file", "keys.json")
    held = json.loads(ring.read_text())
    del held["keys"][old]
    ring.write_text(json.dumps(held))

    assert "key ring" in established.failure("vault", "rewrap")
    (verdict,) = established.told("account", "check", numbers(established, AGENCYACCESS)[0], code=1)
    assert "key ring" in verdict["problem"]


def test_storage_is_migrated_once_and_for_its_owner_alone(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = cli.home / ".local/share/agency-gateway/gateway.db"

    for _ in range(2):
        assert cli.told("storage", "migrate") == {"migrated": True}

    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    with sqlite3.connect(database) as connection:
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master WHERE type='table'")
    connection.close()
    assert tables[0] > 5


def test_the_audit_trail_tells_who_changed_what_the_newest_first(operator: Cli) -> None:
    for name in ("Harbour", "Meadow"):
        operator("agency", "add", name)
    operator("key", "issue", "--agency", "Meadow", "--scope", "clients:read")

    everything = operator.told("audit", "list")
    of_one = operator.told("audit", "list", "--agency", "Harbour")

    assert [row["action"] for row in everything] == ["key.add", "agency.add", "agency.add"]
    assert [row["agency"] for row in of_one] == [1]
    assert {row["actor"].partition(":")[0] for row in everything} == {"operator"}
    assert operator.told("audit", "list", "--limit", 1) == everything[:1]


# ── Configuration and schema ──────────────────────────────────────────────────────────────────


def test_an_unknown_key_is_told_its_nearest_known_one(cli: Cli) -> None:
    (cli.home / "gateway.toml").write_text('[storage]\nurll = "sqlite:///x"\n')

    for words in ("config check", "config show", "agency list"):
        said = cli.failure(*words.split())
        assert "gateway.toml" in said
        assert "`storage.url`" in said
        assert "sqlite:///x" not in said


def test_the_file_named_on_the_command_line_goes_before_the_one_of_the_environment(
    operator: Cli,
) -> None:
    (operator.home / "other.toml").write_text('[deadline]\nmaximum = "77s"\n')

    told = operator.told("--config", "other.toml", "config", "show")

    assert told["deadline"]["maximum"] == "77s"
    assert told["http"]["profile"] == "production"


def test_the_configuration_is_shown_without_its_passwords(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_STORAGE__URL", f"postgresql://gateway:{CANARY}@server/gateway")

    assert cli.told("config", "show")["storage"]["url"].startswith("postgresql://gateway:•••@")
    cli("config", "show")
    cli("config", "check")

    assert "canary" not in cli.printed


def test_the_schema_is_printed_as_it_is_checked(cli: Cli) -> None:
    (cli.home / "schema.graphql").write_text(cli("schema", "print").stdout)

    assert cli.told("schema", "check") == {"stale": False, "breaking": []}
    assert cli.told("schema", "print")["sdl"].strip() == cli("schema", "print").stdout.strip()


def test_a_stale_schema_and_what_breaks_callers_are_named(cli: Cli) -> None:
    sdl = cli("schema", "print").stdout
    (cli.home / "schema.graphql").write_text(sdl)
    (cli.home / "stale.graphql").write_text(sdl + "\ntype Extra { id: ID }\n")
    released = sdl + "\ntype Removed { id: ID }\n"
    (cli.home / "released.graphql").write_text(released)

    stale = cli("schema", "check", "--file", "stale.graphql", code=1)
    broken = cli("schema", "check", "--released", "released.graphql", "--json", code=1)

    assert "gateway schema print > stale.graphql" in complaint(stale)
    assert json.loads(broken.stdout) == {"stale": False, "breaking": ["Removed was removed."]}
    assert "1 breaking change" in complaint(broken)


# ── The README ────────────────────────────────────────────────────────────────────────────────


def _six_commands() -> list[str]:
    """The console block under "Your own accounts in six commands"."""
    section = README.read_text().split("## Your own accounts in six commands", 1)[1]
    block = re.search(r"```console\n(.*?)```", section, re.DOTALL)
    assert block is not None
    return re.findall(r"^\$ (.*?)(?:\s+#.*)?$", block[1], re.MULTILINE)


@pytest.mark.slow
def test_the_readmes_six_commands_serve_an_agencys_own_account(
    cli: Cli, vendors: Vendors, tmp_path: Path
) -> None:
    commands = _six_commands()
    assert len(commands) == 6
    assert commands[-1] == "gateway serve"
    token = vendors.credentials(BRONTO)["agency_token"]
    # All that is not literal: the sandbox in the vendor's place, free ports, and which Python.
    shim = tmp_path / "bin" / "gateway"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m gateway "$@"\n')
    shim.chmod(0o755)
    environ = {
        "PATH": f"{shim.parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "PYTHONPATH": str(README.parent),
        "BRONTO_TOKEN": token,
        "GATEWAY_HTTP__PROFILE": "development",
        "GATEWAY_TELEMETRY__METRICS_PORT": "0",
        "GATEWAY_VENDORS__BRONTO__BASE_URL": vendors.running.vendors[BRONTO].base_url,
    }
    script = "\n".join(["set -e", *commands[:-1], f"exec {commands[-1]} --port 0 --json"])

    with subprocess.Popen(
        ["bash", "-c", script], cwd=tmp_path, env=environ, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as running:  # fmt: skip
        try:
            assert running.stdout is not None
            printed = [running.stdout.readline()]
            while printed[-1] and not printed[-1].startswith("{"):
                printed.append(running.stdout.readline())
            (key,) = [line.strip() for line in printed if line.startswith("gw_")]
            names = _clients(json.loads(printed[-1])["graphql"], key)
        finally:
            running.terminate()
            _, complaints = running.communicate()

    assert running.returncode == 0, complaints
    assert len(names) == len(vendors.running.vendors[BRONTO].double.accounts("Harbour")[0].ledger)
    assert token not in "".join(printed) + complaints


def _clients(url: str, key: str) -> list[str]:
    """The names of the clients that the gateway answers with."""
    body = json.dumps({"query": "{ clients(first: 100) { nodes { name } } }"}).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with urlopen(Request(url, body, headers)) as response:
        told = json.load(response)
    return [client["name"] for client in told["data"]["clients"]["nodes"]]
