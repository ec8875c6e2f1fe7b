"""Accounts at vendors: credentials from files, variables or standard input, and nowhere else."""

import json
from typing import Any

import pytest

from gateway.cli.main import app
from tests.cli.conftest import Ran, Shell

CANARY = "canary-7f3b9c-canary"
ADD = ("account", "add", "--agency", "Harbour", "--name", "Main", "--vendor")


@pytest.fixture
def harbour(gateway: Shell) -> Shell:
    """A vault, and Harbour without accounts."""
    return gateway.with_agency()


def accounts(gateway: Shell) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = gateway("account", "list", "--json").json
    return found


def add(gateway: Shell, vendor: str, credentials: Any = CANARY, *more: object) -> Ran:
    file = gateway.file("credentials.json", credentials)
    return gateway(*ADD, vendor, "--credential-file", file, *more)


def test_an_account_is_added_with_what_its_file_holds(harbour: Shell) -> None:
    held = {"agency_token": CANARY, "client_tokens": {"a1": f"{CANARY}-2"}}
    added = add(harbour, "bronto", held, "--json").json
    assert (added["vendor"], added["name"]) == ("BRONTO", "Main")
    (row,) = accounts(harbour)
    assert row == {
        "id": added["id"],
        "agency": "Harbour",
        "vendor": "BRONTO",
        "name": "Main",
        "regions": [],
        "credentials": ["agency_token", "client_tokens/a1"],
        "verifiedAt": None,
    }
    assert "Main" in harbour("account", "list", "--agency", "Harbour").out
    assert CANARY not in "".join(harbour.printed)


@pytest.mark.parametrize("source", ["file", "variable", "standard input"])
@pytest.mark.parametrize("content", [CANARY, json.dumps({"api_token": CANARY})])
def test_credentials_come_from_a_file_a_variable_or_standard_input(
    harbour: Shell, source: str, content: str
) -> None:
    match source:
        case "file":
            ran = add(harbour, "own", f"{content}\n")
        case "variable":
            words = (*ADD, "own", "--credential-env", "TOKEN")
            ran = harbour(*words, environ={"TOKEN": content})
        case _:
            ran = harbour(*ADD, "own", "--credential-file", "-", given=f"{content}\n")
    assert (ran.code, ran.err) == (0, "")
    assert accounts(harbour)[0]["credentials"] == ["api_token"]
    (token,) = harbour("token", "list", "--json").json
    assert token["hint"] == CANARY[-4:]


def test_no_command_takes_a_secret_as_a_word() -> None:
    import typer.main

    def options(command: Any) -> set[str]:
        inner = getattr(command, "commands", {}).values()
        mine = {option for each in command.params for option in each.opts}
        return mine.union(*(options(each) for each in inner))

    words = {"token", "secret", "password", "key", "api"}
    named = {option for option in options(typer.main.get_command(app)) if option.startswith("--")}
    assert not {option for option in named if words & set(option.strip("-").split("-"))}
    assert {"--credential-file", "--credential-env"} <= named


@pytest.mark.parametrize(
    "more",
    [
        (),
        ("--credential-env", "NOT_SET"),
        ("--credential-env", "EMPTY"),
        ("--credential-file", "-", "--credential-env", "TOKEN"),
    ],
)
def test_without_one_credential_it_is_wrong_use(harbour: Shell, more: tuple[str, ...]) -> None:
    ran = harbour(*ADD, "own", *more, environ={"EMPTY": "  ", "TOKEN": CANARY})
    assert ran.code == 2
    assert accounts(harbour) == []


@pytest.mark.parametrize("content", ['{"api_token": ', "[" * 100_000, '"'])
def test_a_file_that_is_no_json_is_wrong_use_without_an_echo(harbour: Shell, content: str) -> None:
    ran = add(harbour, "own", content)
    assert ran.code == 2
    assert "not valid JSON" in ran.err


def test_a_file_that_cannot_be_read_is_one_line(harbour: Shell) -> None:
    words = (*ADD, "own", "--credential-file")
    assert harbour(*words, "nowhere.json").line == "nowhere.json: No such file or directory."
    (harbour.folder / "binary").write_bytes(b"\xff\xfe\x00")
    assert harbour(*words, "binary").line == "What was given is not text in UTF-8."


@pytest.mark.parametrize(
    ("vendor", "credentials", "more", "words"),
    [
        ("own", {"token": CANARY}, (), "`token` is not a credential key of Own"),
        ("own", {"api_token": [CANARY]}, (), "`api_token` must be a string"),
        ("bronto", CANARY, ("--region", "us"), "Bronto has no regions."),
        ("engaging-networks", CANARY, ("--region", "us", "--region", "ca"), "one region"),
        ("own", CANARY, ("--region", "app1/x"), "A region is a word"),
        ("own", CANARY, ("--capability", "FLY"), "Own has the capabilities"),
        ("own", CANARY, ("--base-url", "http://own.example"), "--base-url: Expected https"),
        ("own", CANARY, ("--base-url", "ftp://own.example"), "--base-url: Expected a URL"),
        ("own", CANARY, ("--base-url", "https://u:p@own.example"), "--base-url: Expected"),
        ("own", CANARY, ("--base-url", "https://{secret}.example"), "--base-url: Expected"),
        ("own", CANARY, ("--base-url", "http://127.0.0.1:1"), "--base-url: Expected https"),
        ("own", CANARY, ("--agency", "Nowhere"), "There is no agency Nowhere"),
    ],
)
def test_what_cannot_be_is_one_line_and_nothing_is_stored(
    harbour: Shell, vendor: str, credentials: Any, more: tuple[str, ...], words: str
) -> None:
    line = add(harbour, vendor, credentials, *more).line
    assert words in line
    assert CANARY not in line
    assert accounts(harbour) == []


def test_in_development_this_machine_may_be_a_vendor(harbour: Shell) -> None:
    harbour.environ["GATEWAY_HTTP__PROFILE"] = "development"
    assert add(harbour, "own", CANARY, "--base-url", "http://127.0.0.1:1/{region}").code == 0


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("--vendor", "acme"), "the vendors are agencyaccess"),
        (("--vendor", "own", "--created-at", "yesterday"), "must be a day"),
        (("--vendor", "own", "--created-at", "9999-12-31"), "must be a day"),
        (("--vendor", "own", "--colour", "blue"), "No such option"),
    ],
)
def test_wrong_use_is_told_as_that(harbour: Shell, words: tuple[str, ...], hint: str) -> None:
    base = ("account", "add", "--agency", "Harbour", "--name", "Main", "--credential-env", "TOKEN")
    ran = harbour(*base, *words, environ={"TOKEN": CANARY})
    assert ran.code == 2
    assert hint in " ".join(ran.err.replace("│", " ").split())
    assert accounts(harbour) == []


@pytest.mark.parametrize("name", ["engaging-networks", "ENGAGING_NETWORKS", "engaging_networks"])
def test_a_vendor_goes_by_its_folder_or_its_name_in_the_schema(harbour: Shell, name: str) -> None:
    # Nobody listens where its host is: the account is kept, and how to go on is told.
    harbour.environ["GATEWAY_HTTP__PROFILE"] = "development"
    ran = add(harbour, name, {"public_token": CANARY}, "--base-url", "http://127.0.0.1:1")
    assert ran.code == 0
    assert "try again with `gateway account check" in ran.err
    assert accounts(harbour)[0]["vendor"] == "ENGAGING_NETWORKS"


def test_an_account_is_removed_when_that_is_confirmed(harbour: Shell) -> None:
    id = add(harbour, "own", CANARY, "--json").json["id"]
    assert harbour("account", "remove", id, given="n\n").code == 1
    assert harbour("account", "remove", id, given="").code == 1
    assert len(accounts(harbour)) == 1
    assert harbour("account", "remove", id, "--yes", "--json").json == {"id": id, "removed": True}
    assert accounts(harbour) == []
    assert "no account of this number" in harbour("account", "remove", id, "--yes").line


def test_a_value_that_cannot_be_tried_at_the_vendor_renews_nothing(harbour: Shell) -> None:
    held = {"agency_token": CANARY, "client_tokens": {"a": CANARY}}
    number = add(harbour, "bronto", held, "--base-url", "https://vendor.invalid", "--json").json[
        "id"
    ]
    file = harbour.file("new.json", {"agency_token": f"{CANARY}-renewed"})
    ran = harbour("account", "rotate", number, "--credential-file", file, "--json")
    assert ran.code == 1
    assert ran.line
    bad = harbour.file("bad.json", {"agency_tokens": CANARY})
    assert "`agency_tokens`" in harbour("account", "rotate", number, "--credential-file", bad).line
    assert "no account" in harbour("account", "rotate", 99, "--credential-file", file).line
    assert CANARY not in "".join(harbour.printed)


def test_only_the_agency_that_is_named_is_listed(harbour: Shell) -> None:
    harbour.with_agency("Meadow")
    add(harbour, "own")
    assert harbour("account", "list", "--agency", "Meadow", "--json").json == []
    assert "There is no agency Nowhere" in harbour("account", "list", "--agency", "Nowhere").line
