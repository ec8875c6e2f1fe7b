"""Texts that are refused in every input, and named by their place."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.secret import Secret
from gateway.schema.mutations.clients import CreateClientInput
from gateway.schema.mutations.inputs import KeyValueInput
from gateway.schema.mutations.jobs import ActivityExportInput, ExportSourceInput, StartExportInput
from gateway.schema.mutations.texts import LONGEST, unfit
from gateway.schema.mutations.tokens import RotateCredentialInput


def test_the_place_is_told_in_the_words_of_the_schema() -> None:
    input = CreateClientInput(
        account_id="a\x00",
        name="n" * (LONGEST + 1),
        metadata=[KeyValueInput(key="good", value="\x1b[31m"), KeyValueInput(key="\x7f")],
    )
    assert {path for path, _ in unfit(input)} == {
        ("accountId",),
        ("name",),
        ("metadata", "0", "value"),
        ("metadata", "1", "key"),
    }
    activity = ActivityExportInput(from_="\x00", to=None)  # type: ignore[arg-type]
    export = StartExportInput(record_id="r", source=ExportSourceInput(activity=activity))
    assert [path for path, _ in unfit(export)] == [("source", "activity", "from")]


def test_a_secret_is_not_looked_at() -> None:
    assert list(unfit(RotateCredentialInput(id="t", secret=Secret("\x00")))) == []


@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=50))
def test_whatever_people_write_is_taken(text: str) -> None:
    assert list(unfit(f"{text}\n\t\r\n{text}")) == []


@given(st.characters(categories=("Cc",)).filter(lambda each: each not in "\t\r\n"))
def test_no_control_character_is_taken(character: str) -> None:
    assert [why for _, why in unfit(f"a{character}b")] == ["Control characters are not taken."]
