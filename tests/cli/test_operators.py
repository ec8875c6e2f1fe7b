"""Operators' commands against vendors that answer, fail and refuse; and the README's own words.

What needs no vendor is in test_access.py, test_accounts.py and test_operations.py.
"""

import json
import os
import re
import shlex
import sqlite3
import stat
import subprocess
import sys
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
README = Path(__file__).parents[2] / "README.md"


def number(cli: Cli, vendor: VendorName) -> int:
    """The id of Harbour's first account at a vendor."""
    rows = cli.told("account", "list", "--agency", "Harbour")
    return next(row["id"] for row in rows if row["vendor"] == vendor.name)


def credentials(cli: Cli, account: int) -> list[str]:
    """Which credentials are held for an account, as people are told."""
    (row,) = [row for row in cli.told("account", "list") if row["id"] == account]
    return list(row["credentials"])


def verdicts(cli: Cli, account: int, code: int = 0) -> list[Any]:
    """What a check tells of an account's credentials."""
    return list(cli.told("account", "check", account, code=code))


# ── Accounts ──────────────────────────────────────────────────────────────────────────────────


def test_a_bare_string_from_standard_input_is_a_good_credential(
    operator: Cli, vendors: Vendors
) -> None:
    operator("agency", "add", "Harbour")
    key = vendors.credentials(AGENCYACCESS)["api_key"]
    words = ("account", "add", "--agency", "Harbour", "--vendor", "AgencyAccess", "--name", "Main")

    operator(*words, "--credential-file", "-", given=f"{key}\n")

    (verdict,) = verdicts(operator, 1)
    assert (verdict["credential"], verdict["accepted"]) == ("api_key", True)
    assert key not in operator.printed


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
    assert all(verdict["accepted"] for verdict in verdicts(operator, 1))


def test_a_check_makes_calls_that_read_and_no_others(established: Cli, vendors: Vendors) -> None:
    (verdict,) = verdicts(established, number(established, AGENCYACCESS))

    assert verdict["accepted"] is True
    assert {"RETRIEVE_CUSTOMER", "RETRIEVE_LINK"} <= set(verdict["may"])
    assert sorted(vendors.calls(AGENCYACCESS)) == ["clients/retrieve", "links/retrieve"]


def test_a_refused_credential_is_marked_and_good_again_after_its_rotation(
    established: Cli, vendors: Vendors
) -> None:
    account = number(established, AGENCYACCESS)
    new = vendors.dashboard(AGENCYACCESS, action="roll_key", agency="Harbour")["api_key"]

    refused = established("account", "check", account, "--json", code=1)

    (verdict,) = json.loads(refused.stdout)
    assert verdict["accepted"] is False
    assert verdict["problem"]
    assert complaint(refused)
    assert credentials(established, account) == ["api_key (refused)"]

    rotated = established.told("account", "rotate", account, "--credential-file", "-", given=new)

    assert rotated == {"id": account, "replaced": ["api_key"], "warnings": []}
    assert credentials(established, account) == ["api_key"]
    assert verdicts(established, account)[0]["accepted"] is True
    assert new not in established.printed


def test_a_vendor_that_cannot_be_asked_says_nothing_of_the_credential(
    established: Cli, vendors: Vendors
) -> None:
    account = number(established, AGENCYACCESS)
    vendors.faults(AGENCYACCESS, {"fault": "status", "code": 503})

    (verdict,) = verdicts(established, account, code=1)

    assert verdict["problem"]
    assert credentials(established, account) == ["api_key"]


def test_a_rotation_that_cannot_be_leaves_the_credential_that_there_was(established: Cli) -> None:
    account = number(established, AGENCYACCESS)
    bad = json.dumps({"api_key": "canary-7f3b9c", "api_kee": "canary-7f3b9c"})

    said = established.failure("account", "rotate", account, "--credential-file", "-", given=bad)

    assert "`api_kee`" in said
    assert verdicts(established, account)[0]["accepted"] is True
    assert "canary" not in established.printed


def test_a_removed_account_takes_with_it_all_that_is_known_through_it(established: Cli) -> None:
    account = number(established, OWN)
    assert "OWN" in {row["vendor"] for row in established.told("token", "list")}

    established("account", "remove", account, "--yes")

    lines = established.told("ledger", "export", "--agency", "Harbour")
    assert lines
    assert "Own" not in {line["account"] for line in lines}
    tokens = established.told("token", "list", "--agency", "Harbour")
    assert tokens
    assert "OWN" not in {row["vendor"] for row in tokens}
    assert "OWN" in {row["vendor"] for row in established.told("token", "list")}


# ── The ledger ────────────────────────────────────────────────────────────────────────────────


def exported(cli: Cli, agency: str) -> list[Any]:
    """An agency's lines, in an order of their own."""
    lines = cli.told("ledger", "export", "--agency", agency)
    return sorted(lines, key=lambda line: json.dumps(line, sort_keys=True))


def test_what_is_exported_imports_to_the_same_in_another_agency(established: Cli) -> None:
    token = {"type": "token", "account": "Own", "kind": "USER", "name": "ops"}
    facts = {"user": "ops@example.org", "createdAt": "2026-11-02", "hint": "wxyz"}
    established(
        "ledger", "import", "-", "--agency", "Harbour", given=json.dumps({**token, **facts})
    )
    text = established("ledger", "export", "--agency", "Harbour").stdout
    established("agency", "add", "Quay")
    slots = {"AGENCYACCESS": "api_key", "BRONTO": "agency_token", "OWN": "api_token"}
    for row in established.told("account", "list", "--agency", "Harbour"):
        regions = [word for region in row["regions"] for word in ("--region", region)]
        words = ("--vendor", row["vendor"], "--name", row["name"], *regions)
        credential = json.dumps({slots.get(row["vendor"], "public_token"): "canary-7f3b9c"})
        established(
            *("account", "add", "--agency", "Quay", *words, "--credential-file", "-"),
            given=credential,
        )

    done = established.told("ledger", "import", "-", "--agency", "Quay", given=text)
    again = established.told("ledger", "import", "-", "--agency", "Quay", given=text)

    count = len(text.splitlines())
    assert (done, again) == ({"lines": count, "new": count}, {"lines": count, "new": 0})
    assert exported(established, "Quay") == exported(established, "Harbour")
    assert {line["type"] for line in exported(established, "Quay")} == {"client", "link", "token"}


def test_a_refresh_asks_those_who_can_list_and_nobody_else(
    established: Cli, vendors: Vendors
) -> None:
    rows = established.told("ledger", "refresh", "--agency", "Harbour")

    assert {(row["account"], row["list"], row["region"]) for row in rows} == {
        ("Bronto", "clients", None),
        ("Bronto", "tokens", None),
        ("Own", "clients", "app1"),
        ("Own", "clients", "emea1"),
        ("Own", "jobs", "app1"),
        ("Own", "jobs", "emea1"),
    }
    assert vendors.calls(AGENCYACCESS) == vendors.calls(ENGAGING_NETWORKS) == []
    assert set(vendors.calls(BRONTO)) == {"login", "readAccounts", "readApiTokens"}


def test_a_list_that_cannot_be_refreshed_does_not_hold_up_the_others(
    established: Cli, vendors: Vendors
) -> None:
    vendors.faults(BRONTO, {"fault": "status", "code": 503})

    result = established("ledger", "refresh", "--agency", "Harbour", "--json", code=1)

    problems = {row["account"]: row["problem"] for row in json.loads(result.stdout)}
    assert problems["Bronto"]
    assert problems["Own"] is None
    assert complaint(result)
    assert "services" in vendors.calls(OWN)


# ── Secrets ───────────────────────────────────────────────────────────────────────────────────


def test_no_command_ever_prints_a_credential(established: Cli, vendors: Vendors) -> None:
    established("ledger", "refresh", "--agency", "Harbour")
    accounts = [str(number(established, vendor)) for vendor in VendorName]
    for words in (
        "account list",
        *(f"account check {account}" for account in accounts),
        "token list",
        "ledger export --agency Harbour",
        "audit list --limit 1000",
        "key list",
        "config show",
    ):
        established(*words.split())
        established(*words.split(), "--json")

    held = vendors.secrets()
    assert len(held) > 20
    assert [secret for secret in held if secret in established.printed] == []


def test_once_all_is_rewrapped_the_old_key_may_go(established: Cli) -> None:
    old = json.loads((established.home / "keys.json").read_text())["current"]
    established("vault", "add", "--file", "keys.json")

    first = established.told("vault", "rewrap")

    rows = established.told("account", "list")
    assert first == {"rewrapped": sum(len(row["credentials"]) for row in rows)}
    assert established.told("vault", "rewrap") == {"rewrapped": 0}
    _drop(established, old)
    for vendor in VendorName:
        assert all(one["accepted"] for one in verdicts(established, number(established, vendor)))


def test_a_key_that_goes_too_early_is_missed_in_one_line_and_can_be_put_back(
    established: Cli,
) -> None:
    ring = established.home / "keys.json"
    old = json.loads(ring.read_text())["current"]
    established("vault", "add", "--file", "keys.json")
    kept = ring.read_text()
    _drop(established, old)

    assert "key ring" in established.failure("vault", "rewrap")

    ring.write_text(kept)
    assert established.told("vault", "rewrap")["rewrapped"] > 0
    assert stat.S_IMODE(ring.stat().st_mode) == 0o600


def _drop(cli: Cli, key: str) -> None:
    """Delete a key from the key ring, as an operator does with an editor."""
    ring = cli.home / "keys.json"
    held = json.loads(ring.read_text())
    del held["keys"][key]
    ring.write_text(json.dumps(held))


def test_without_a_configuration_the_database_is_in_the_home_for_its_owner_alone(cli: Cli) -> None:
    assert cli.told("agency", "list") == []

    database = cli.home / ".local/share/agency-gateway/gateway.db"
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    connection = sqlite3.connect(database)
    assert connection.execute("SELECT count(*) FROM agencies").fetchone() == (0,)
    connection.close()


# ── The README ────────────────────────────────────────────────────────────────────────────────


def six_commands() -> list[str]:
    """The commands under "Your own accounts in six commands"."""
    section = README.read_text().split("## Your own accounts in six commands", 1)[1]
    block = section.split("```console\n", 1)[1].split("```", 1)[0]
    return re.findall(r"^\$ (.*?)(?:\s+#.*)?$", block, re.MULTILINE)


@pytest.mark.slow
def test_the_readmes_six_commands_serve_an_agencys_own_account(
    vendors: Vendors, tmp_path: Path
) -> None:
    commands = six_commands()
    assert (len(commands), commands[-1]) == (6, "gateway serve")
    token = vendors.credentials(BRONTO)["agency_token"]
    # What is not literal: which Python, the sandbox in the vendor's place, and free ports.
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
    words = ["bash", "-c", script]
    pipe = subprocess.PIPE

    with subprocess.Popen(
        words, cwd=tmp_path, env=environ, text=True, stdout=pipe, stderr=pipe
    ) as running:
        try:
            assert running.stdout is not None
            printed = [running.stdout.readline()]
            while printed[-1] and not printed[-1].startswith("{"):
                printed.append(running.stdout.readline())
            (key,) = [line.strip() for line in printed if line.startswith("gw_")]
            names = clients(json.loads(printed[-1])["graphql"], key)
        finally:
            running.terminate()
            _, complaints = running.communicate()

    assert running.returncode == 0, complaints
    seeded = vendors.running.vendors[BRONTO].double.accounts("Harbour")[0].ledger
    assert len(names) == len(seeded)
    assert token not in "".join(printed) + complaints
    assert complaints.count(key) == 0


def clients(url: str, key: str) -> list[str]:
    """The names of the clients that the gateway answers with."""
    body = json.dumps({"query": "{ clients(first: 100) { nodes { name } } }"}).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with urlopen(Request(url, body, headers)) as response:
        told = json.load(response)
    return [client["name"] for client in told["data"]["clients"]["nodes"]]
