"""The committed schema is the one that the code makes."""

from pathlib import Path

from gateway import schema

ROOT = Path(__file__).resolve().parents[2]


def test_the_committed_schema_is_what_the_code_makes() -> None:
    committed = (ROOT / "schema.graphql").read_text(encoding="utf-8")
    assert committed.strip() == schema.build().as_str().strip()


def test_nothing_is_taken_from_callers_of_the_released_schema() -> None:
    released = (ROOT / "tests/schema/released.graphql").read_text(encoding="utf-8")
    assert schema.breaking_changes(released, schema.build().as_str()) == []


def test_a_field_that_is_taken_away_is_named() -> None:
    before = "type Query { name: String title: String }"
    after = "type Query { name: String }"
    assert schema.breaking_changes(before, after) == ["Field Query.title was removed."]
