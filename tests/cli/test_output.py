"""What every command keeps to: help with an example, JSON, exit codes, one line on failure."""

import json
import re
import shlex
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli import output
from gateway.cli.main import app
from gateway.domain.failures import BadInput
from gateway.domain.vendor import VendorName
from tests.cli.operating import Cli, Vendors

SERVERS = {"serve", "demo", "sandbox"}
"""Commands that run until a signal comes: tests/e2e/test_commands.py."""


def _commands(group: Any, *path: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, *path, name)
        else:
            yield " ".join((*path, name)), command


COMMANDS: dict[str, Any] = dict(_commands(typer.main.get_command(app)))
every_command = pytest.mark.parametrize("name", COMMANDS)


# ── Help ──────────────────────────────────────────────────────────────────────────────────────


@every_command
def test_the_help_ends_in_an_example_that_can_be_run(cli: Cli, name: str) -> None:
    told = cli(*name.split(), "--help").stdout
    _, found, example = " ".join(told.split()).rpartition("Example: ")
    assert found
    program, *words = shlex.split(example.split(">")[0])
    given = words[len(name.split()) :]

    assert (program, words[: len(name.split())]) == ("gateway", name.split())
    COMMANDS[name].make_context(name, given)


def test_the_help_of_all_names_every_group_and_ends_in_an_example(cli: Cli) -> None:
    told = cli("--help").stdout

    for name in COMMANDS:
        assert re.search(rf"│ {name.split()[0]} ", told)
    assert told.rstrip().endswith("Example: gateway demo")


def test_without_a_command_the_help_is_shown(cli: Cli) -> None:
    for group in ((), ("account",), ("ledger",)):
        assert "Usage: " in (shown := cli(*group, code=2)).stdout + shown.stderr


def test_the_version_is_told(cli: Cli) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*\n", cli("--version").stdout)


@every_command
def test_no_secret_is_taken_on_the_command_line(name: str) -> None:
    words = {
        word
        for parameter in COMMANDS[name].params
        for word in re.split("[-_]", parameter.name or "")
    }
    taken = words & {"credential", "credentials", "secret", "password", "token", "key", "keys"}

    if taken:
        held = {one.name for one in COMMANDS[name].params if "credential" in one.name}
        assert held == {"credential_file", "credential_env"}
        assert taken == {"credential"}


# ── Wrong use ─────────────────────────────────────────────────────────────────────────────────


@every_command
def test_wrong_use_is_told_on_standard_error_with_exit_code_2(cli: Cli, name: str) -> None:
    assert "No such option" in cli.misuse(*name.split(), "--nonsense")
    needed = [one for one in COMMANDS[name].params if one.required]
    if needed:
        assert "Missing" in cli.misuse(*name.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("nonsense", "No such command"),
        ("account nonsense", "No such command"),
        ("serve --workers 2", "redis.url"),
        ("serve --workers 0", "--workers"),
        ("serve --port many", "--port"),
        ("key issue --agency A --scope clients:everything", "clients:read"),
        ("account check first", "ID"),
        ("account add --agency A --vendor acme --name N --credential-env E", "agencyaccess"),
        ("account add --agency A --vendor own --name N", "--credential-file"),
        ("account rotate 1", "--credential-file"),
        ("account rotate 1 --credential-env E --credential-file F", "--credential-file"),
        ("account rotate 1 --credential-env UNSET", "empty"),
        ("token list --expiring soon", "30d"),
        ("token list --expiring -1d", "30d"),
        ("token list --expiring 99999d", "30d"),
        ("audit list --limit 0", "--limit"),
        ("audit list --limit 10001", "--limit"),
    ],
)
def test_a_value_that_cannot_be_is_told_with_what_can(cli: Cli, words: str, said: str) -> None:
    assert said in cli.misuse(*words.split())
    assert list(cli.home.iterdir()) == []


# ── Failures ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("agency add Harbour", "that name already"),
        ("key issue --agency Nobody --scope clients:read", "Harbour, Meadow"),
        ("key revoke aaaaaaaaaaaa", "no key"),
        (
            "account add --agency Nobody --vendor own --name N --credential-env CREDENTIAL",
            "Harbour",
        ),
        ("account list --agency Nobody", "Harbour, Meadow"),
        ("account check 99", "no account"),
        ("account rotate 99 --credential-env CREDENTIAL", "no account"),
        ("account rotate 1 --credential-file nowhere.json", "nowhere.json: No such file"),
        ("account rotate 1 --credential-file binary", "UTF-8"),
        ("account remove 99 --yes", "no account"),
        ("ledger import nowhere.jsonl --agency Harbour", "nowhere.jsonl: No such file"),
        ("ledger import binary --agency Harbour", "UTF-8"),
        ("ledger import empty --agency Nobody", "Harbour, Meadow"),
        ("ledger export --agency Nobody", "Harbour, Meadow"),
        ("ledger refresh --agency Nobody", "Harbour, Meadow"),
        ("token list --agency Nobody", "Harbour, Meadow"),
        ("audit list --agency Nobody", "Harbour, Meadow"),
        ("vault init --out keys.json", "keys.json exists already"),
        ("vault init --out nowhere/keys.json", "nowhere/keys.json: No such file"),
        ("vault add --file nowhere.json", "nowhere.json cannot be read"),
        ("vault add --file empty", "gateway vault init"),
        ("vault add --file binary", "gateway vault init"),
        ("vendor new own", "own already"),
        ("vendor new Own-2", "lower_snake_case"),
        ("schema check --file nowhere.graphql", "nowhere.graphql: No such file"),
        ("--config nowhere.toml config check", "nowhere.toml cannot be read: No such file"),
        ("--config binary config show", "binary is not valid TOML"),
        ("--config empty vault rewrap", "gateway vault init"),
    ],
)
def test_a_failure_is_one_line_on_standard_error_and_exit_code_1(
    established: Cli, monkeypatch: pytest.MonkeyPatch, words: str, said: str
) -> None:
    monkeypatch.setenv("CREDENTIAL", "canary-7f3b9c")
    (established.home / "binary").write_bytes(b"\xff\xfe\x00")
    (established.home / "empty").write_text("")

    told = established.failure(*words.split())

    assert said in told
    assert "canary" not in told


def test_a_database_that_cannot_be_opened_is_one_line_too(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cli.home / "file").write_text("this is no database, and has more than a hundred bytes" * 3)
    for url in (f"sqlite:///{cli.home}/file", f"sqlite:///{cli.home}/file/gateway.db", "mysql://x"):
        monkeypatch.setenv("GATEWAY_STORAGE__URL", url)
        for words in ("agency list", "storage migrate", "account check 1", "token list"):
            assert cli.failure(*words.split())


def test_a_name_of_several_lines_is_told_in_one(established: Cli) -> None:
    assert "Harbour, Meadow" in established.failure("account", "list", "--agency", "No\nbody")


# ── JSON ──────────────────────────────────────────────────────────────────────────────────────


def test_every_command_has_json_for_machines(established: Cli, vendors: Vendors) -> None:
    home = established.home
    (home / "gateway" / "vendors").mkdir(parents=True)
    (home / "known.jsonl").write_text("")
    (home / "token").write_text(vendors.credentials(VendorName.AGENCYACCESS)["api_key"])
    (home / "schema.graphql").write_text(established("schema", "print").stdout)
    words = {
        "agency add": "Quay",
        "agency list": "",
        "key issue": "--agency Quay --scope clients:read",
        "key list": "",
        "key revoke": "",
        "account add": "--agency Quay --vendor agencyaccess --name Main --credential-file token",
        "account list": "",
        "account check": "1",
        "account rotate": "1 --credential-file token",
        "account remove": "1 --yes",
        "vault init": "--out more.json",
        "vault add": "--file more.json",
        "vault rewrap": "",
        "ledger import": "known.jsonl --agency Quay",
        "ledger export": "--agency Harbour",
        "ledger refresh": "--agency Harbour",
        "token list": "--expiring 30d",
        "vendor list": "",
        "vendor new": f"acme --into {home}",
        "schema print": "",
        "schema check": "--released schema.graphql",
        "storage migrate": "",
        "audit list": "--limit 3",
        "config show": "",
        "config check": "",
    }
    assert set(words) | SERVERS == set(COMMANDS)

    told: dict[str, Any] = {}
    for name, rest in words.items():
        if name == "key revoke":
            rest = told["key issue"]["id"]
        told[name] = established.told(*name.split(), *rest.split())

    lists = {name for name, value in told.items() if isinstance(value, list)}
    assert lists == {name for name in words if name.endswith(" list")} | {
        "account check",
        "ledger export",
        "ledger refresh",
    }
    assert all(told[name] for name in lists)


def test_a_question_is_asked_on_standard_error_and_does_not_spoil_the_json(
    established: Cli,
) -> None:
    asked = established("account", "remove", "1", "--json", given="y\n")

    assert "Remove account 1" in asked.stderr
    # What the question's answer looks like on a terminal comes first.
    assert json.loads(asked.stdout.removeprefix(" y\n")) == {"id": 1, "removed": True}


# ── What is printed ───────────────────────────────────────────────────────────────────────────

HOSTILE = ("[/]", "[red]x[/red]", "[link=https://x.example]y[/link]", ":warning:", "\x1b[31mred")


def test_a_hostile_name_is_shown_as_text_and_commands_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.table([{"name": name} for name in HOSTILE], as_json=False, empty="")

    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    for name in HOSTILE:
        assert name.replace("\x1b", "") in shown.replace("�", "")


@given(st.text())
def test_any_text_can_be_shown_in_a_row_of_its_own(text: str) -> None:
    assert len(output._cell(text).splitlines()) <= 1


def test_a_row_is_not_broken_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    output.table([{"id": 1, "what": "x" * 150}], as_json=False, empty="")

    assert "x" * 150 in capsys.readouterr().out


def test_no_rows_are_a_sentence_for_people_and_an_empty_list_for_machines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.table([], as_json=False, empty="There are none.")
    output.table([], as_json=True, empty="There are none.")

    assert capsys.readouterr().out == "There are none.\n[]\n"


class Colour(Enum):
    """An enum whose names callers see."""

    RED = "r"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.just(Colour.RED),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_value_is_one_line_of_json(value: Any) -> None:
    told = output.dump(value)

    assert "\n" not in told
    json.loads(told)


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (BadInput("It cannot be."), "gateway: It cannot be.\n"),
        (FileNotFoundError(2, "No such file", "there"), "gateway: there: No such file.\n"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"), "gateway: What was given is not text"),
    ],
)
def test_what_can_go_wrong_is_said_in_one_line(
    capsys: pytest.CaptureFixture[str], problem: Exception, said: str
) -> None:
    with pytest.raises(typer.Exit) as ended, output.failing_clearly():
        raise problem

    assert ended.value.exit_code == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(said)


def test_a_fault_of_ours_is_not_dressed_up() -> None:
    with pytest.raises(ZeroDivisionError), output.failing_clearly():
        raise ZeroDivisionError


def test_progress_is_told_ten_times_at_most_and_not_to_machines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for total, quiet, times in ((1000, False, 10), (1000, True, 0), (99, False, 0)):
        tell = output.progress(total, quiet=quiet)
        for done in range(1, total + 1):
            tell(done)
        told = capsys.readouterr()
        assert told.out == ""
        assert len(told.err.splitlines()) == times


def test_files_and_standard_input_are_read_alike(tmp_path: Path, cli: Cli) -> None:
    file = tmp_path / "text"
    file.write_text("Ü", encoding="utf-8")

    assert output.read_text(file) == "Ü"
