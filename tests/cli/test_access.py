"""Agencies, API keys and the vault."""

import json
import re
import stat

import pytest

from gateway.domain.caller import Scope
from tests.cli.conftest import Shell

# ── Agencies ──────────────────────────────────────────────────────────────────────────────────


def test_agencies_are_added_and_listed(gateway: Shell) -> None:
    assert gateway("agency", "list").out == "There are no agencies yet.\n"
    assert gateway("agency", "list", "--json").json == []
    added = gateway("agency", "add", "Meadow", "--json").json
    assert (added["name"], type(added["id"])) == ("Meadow", int)
    assert gateway("agency", "add", "Harbour").out == "Added the agency Harbour.\n"
    assert [each["name"] for each in gateway("agency", "list", "--json").json] == [
        "Harbour",
        "Meadow",
    ]
    shown = gateway("agency", "list").out
    assert "Harbour" in shown
    assert "Meadow" in shown


def test_the_name_of_an_agency_is_taken_once(gateway: Shell) -> None:
    gateway("agency", "add", "Harbour")
    assert "Harbour" not in gateway("agency", "list", "--json").err
    assert gateway("agency", "add", "Harbour").line
    assert len(gateway("agency", "list", "--json").json) == 1


def test_an_agency_is_meant_by_its_name_before_its_id(gateway: Shell) -> None:
    gateway.with_agency("2").with_agency("Second")
    key = gateway("key", "issue", "--agency", "2", "--scope", "clients:read", "--json").json
    assert key["scopes"] == ["clients:read"]
    (row,) = gateway("key", "list", "--json").json
    assert row["agencies"] == ["2"]
    gateway("key", "issue", "--agency", "1", "--scope", "clients:read")
    assert gateway("key", "list", "--json").json[0]["agencies"] == ["2"]


# ── Keys ──────────────────────────────────────────────────────────────────────────────────────


def test_a_key_is_shown_once_and_never_again(gateway: Shell) -> None:
    gateway.with_agency().with_agency("Meadow")
    issued = gateway(
        *("key", "issue", "--agency", "Harbour", "--agency", "Meadow"),
        *("--scope", "clients:read", "--scope", "links:read", "--name", "dashboard", "--json"),
    ).json
    assert re.fullmatch("gw_[a-z2-7]{12}_[0-9A-Za-z]{49}", issued["key"])
    assert issued["scopes"] == ["clients:read", "links:read"]
    for command in (["key", "list"], ["key", "list", "--json"], ["audit", "list", "--json"]):
        assert issued["key"] not in gateway(*command).out
    (row,) = gateway("key", "list", "--json").json
    assert row["createdAt"].endswith("Z")
    assert {name: row[name] for name in ("id", "name", "agencies", "scopes", "revokedAt")} == {
        "id": issued["id"],
        "name": "dashboard",
        "agencies": ["Harbour", "Meadow"],
        "scopes": ["clients:read", "links:read"],
        "revokedAt": None,
    }
    assert "".join(gateway.printed).count(issued["key"]) == 1


def test_for_people_a_key_stands_alone_on_standard_output(gateway: Shell) -> None:
    gateway.with_agency()
    ran = gateway("key", "issue", "--agency", "Harbour", "--scope", "agencies:admin")
    assert re.fullmatch("gw_[a-z2-7]{12}_[0-9A-Za-z]{49}\n", ran.out)
    assert ran.err == "Keep this key now: it is not shown again.\n"


def test_a_key_is_revoked_once(gateway: Shell) -> None:
    gateway.with_agency()
    id = gateway("key", "issue", "--agency", "Harbour", "--scope", "tokens:read", "--json").json[
        "id"
    ]
    assert gateway("key", "revoke", id, "--json").json == {"id": id, "revoked": True}
    assert gateway("key", "list", "--json").json[0]["revokedAt"] is not None
    assert gateway("key", "revoke", id).line
    assert gateway("key", "revoke", "nobody").line


def test_a_key_for_an_agency_that_is_not_there_is_not_issued(gateway: Shell) -> None:
    gateway.with_agency()
    line = gateway("key", "issue", "--agency", "Nowhere", "--scope", "clients:read").line
    assert line == "There is no agency Nowhere; there are: Harbour."
    assert gateway("key", "list", "--json").json == []


def test_a_scope_that_is_none_is_wrong_use_and_all_are_named(gateway: Shell) -> None:
    gateway.with_agency()
    ran = gateway("key", "issue", "--agency", "Harbour", "--scope", "everything")
    assert ran.code == 2
    assert all(scope.value in " ".join(ran.err.split()) for scope in list(Scope)[:2])
    assert gateway("key", "list", "--json").json == []


def test_without_a_vault_no_key_is_issued(gateway: Shell) -> None:
    gateway("agency", "add", "Harbour")
    words = ("key", "issue", "--agency", "Harbour", "--scope", "clients:read")
    assert "cannot be read" in gateway(*words).line
    assert "gateway vault init" in gateway(*words, environ={"GATEWAY_VAULT__KEYS": ""}).line


# ── Vault ─────────────────────────────────────────────────────────────────────────────────────


def test_a_vault_is_a_file_for_its_owner_alone(gateway: Shell) -> None:
    path = gateway.folder / "keys.json"
    ran = gateway("vault", "init", "--out", path)
    assert ran.code == 0
    assert f"GATEWAY_VAULT__KEYS=file:{path}" in ran.out
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    held = json.loads(path.read_text())
    assert all(value not in ran.out for value in (held["pepper"], *held["keys"].values()))


def test_a_vault_is_never_written_over(gateway: Shell) -> None:
    path = gateway.folder / "keys.json"
    gateway("vault", "init", "--out", path)
    before = path.read_text()
    assert gateway("vault", "init", "--out", path).line == (
        f"{path} exists already: no keys are ever written over."
    )
    assert path.read_text() == before


@pytest.mark.parametrize(
    "words",
    [
        ("vault", "init", "--out", "nowhere/keys.json"),
        ("vault", "add", "--file", "nowhere/keys.json"),
        ("vault", "add", "--file", "."),
    ],
)
def test_a_vault_that_cannot_be_written_is_one_line(gateway: Shell, words: tuple[str]) -> None:
    assert gateway(*words).line.endswith(".")


def test_a_new_key_seals_from_now_on_and_all_that_was_sealed_moves_to_it(gateway: Shell) -> None:
    gateway.with_agency()
    path = gateway.folder / "keys.json"
    added = gateway(
        *("account", "add", "--agency", "Harbour", "--vendor", "agencyaccess", "--name", "Main"),
        *("--credential-env", "TOKEN", "--json"),
        environ={"TOKEN": "canary-7f3b9c-canary"},
    )
    assert added.code == 0, added.err
    first = json.loads(path.read_text())["current"]
    second = gateway("vault", "add", "--file", path, "--json").json["key"]
    held = json.loads(path.read_text())
    assert (held["current"], set(held["keys"])) == (second, {first, second})
    assert gateway("vault", "rewrap", "--json").json == {"rewrapped": 1}
    assert gateway("vault", "rewrap").out == "Rewrapped 0 credentials.\n"
    assert "canary" not in "".join(gateway.printed)
