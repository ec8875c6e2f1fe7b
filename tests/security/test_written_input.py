"""Whatever an input holds: the answer names the field, and is never a fault of the gateway's."""

from collections.abc import Iterator
from typing import Any

import pytest

from gateway.domain.vendor import VendorName
from tests.gateways import Gateway
from tests.security.mutations import all_effects, ids_of, inputs, journal, send

REFUSED = ("x" * 100_000, "a\x00b", "\x1b[31mred", "\x85")
TAKEN = ("", " ", "e\u0301\u00e9\U0001f600\u202e\u2028", "]]>&<a/>\r\nX: y", "\ufffe\uffff")
WHOLE: dict[str, dict[str, Any]] = {
    "createClient": {"label": "l", "company": "c", "website": "w"},
    "createLink": {"thankYouMessage": "t", "redirectUrl": "https://a.example"},
    "adoptClient": {"label": "l"},
    "registerToken": {"name": "n", "user": "u", "hint": "h", "permissions": ["READ"]},
    "updateToken": {"permissions": ["READ"]},
    "updateClient": {"metadata": [{"key": "a", "value": "b"}], "language": "Spanish"},
    "startImport": {"segmentId": "1", "segmentName": "s"},
    "startBackup": {"objects": ["Account"]},
    "startExport of a backup": {"source": {"backup": {"backupVendorId": "1", "objects": ["A"]}}},
}
SECRETS = ("rotateCredential", "secret")


def texts(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all texts in an input."""
    if isinstance(value, str):
        yield at
    elif isinstance(value, dict | list):
        for name, held in value.items() if isinstance(value, dict) else enumerate(value):
            yield from texts(held, (*at, name))


def put(value: Any, at: tuple[Any, ...], text: str) -> Any:
    """The input with another text in that place."""
    if not at:
        return text
    if isinstance(value, dict):
        return {**value, at[0]: put(value[at[0]], at[1:], text)}
    return [*value[: at[0]], put(value[at[0]], at[1:], text), *value[at[0] + 1 :]]


async def every_input(gateway: Gateway) -> dict[str, dict[str, Any]]:
    """An input for each mutation, with all of its texts; one of Bronto's particulars."""
    ids = await ids_of(gateway, "Harbour")
    found = inputs(ids, gateway)
    allocations = {"canExceed": False, "emails": 1, "contacts": 1, "hosting": 1, "bundle": "b"}
    contact = {"firstName": "f", "notes": "n"}
    particulars = {"allocations": allocations, "contact": contact, "timeZone": "t", "locale": "l"}
    found["createClient at Bronto"] = {
        "accountId": ids.accounts["BRONTO"],
        "name": "Q",
        "bronto": {**particulars, "usageAlertEmail": "a@example.org"},
    }
    del found["purgeClient"]
    return {name: {**input, **WHOLE.get(name, {})} for name, input in found.items()}


@pytest.mark.timeout(60)
async def test_no_text_in_any_place_is_too_much_for_the_gateway(gateway: Gateway) -> None:
    for name, input in (await every_input(gateway)).items():
        mutation = name.partition(" ")[0]
        for at in texts(input):
            if (mutation, at[-1]) == SECRETS:
                continue
            for text in TAKEN:
                answer = await send(gateway, name, put(input, at, text))
                # What is no enum's value, and no day, is refused before any mutation begins.
                assert set(answer.codes) <= {"BAD_USER_INPUT"}, (name, at, answer.errors)


@pytest.mark.timeout(60)
async def test_texts_that_help_nobody_are_refused_by_name_and_nothing_is_done(
    gateway: Gateway,
) -> None:
    every = await every_input(gateway)
    before = await journal(gateway), await gateway.sandbox.all_calls()
    for name, input in every.items():
        mutation = name.partition(" ")[0]
        for at in texts(input):
            if (mutation, at[-1]) == SECRETS:
                continue
            for text in REFUSED:
                answer = await send(gateway, name, put(input, at, text))
                if answer.errors:
                    assert set(answer.codes) == {"BAD_USER_INPUT"}
                    continue
                told = answer.whole[mutation]
                assert told["intent"] is None
                codes = {error["code"] for error in told["userErrors"]}
                assert codes <= {"BAD_USER_INPUT", "NOT_FOUND"}
                assert ["input", *map(str, at)] in [error["field"] for error in told["userErrors"]]
    assert (await journal(gateway), await gateway.sandbox.all_calls()) == before


@pytest.mark.parametrize("value", [True, "7", 1.5, 2**53, -(2**53), None, [1]])
async def test_a_number_that_is_none_is_refused_before_it_is_journaled(
    gateway: Gateway, value: object
) -> None:
    ids = await ids_of(gateway, "Harbour")
    before = await journal(gateway)
    allocations = {"canExceed": False, "emails": 1, "contacts": value, "hosting": 1}
    input = {"accountId": ids.accounts["BRONTO"], "name": "Q"}
    answer = await send(gateway, "createClient", {**input, "bronto": {"allocations": allocations}})
    told = answer.errors or answer.whole["createClient"]["userErrors"]
    assert {each.get("code") or each["extensions"]["code"] for each in told} == {"BAD_USER_INPUT"}
    assert await journal(gateway) == before
    assert await all_effects(gateway) == []


@pytest.mark.parametrize(
    "moment",
    ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2026-01-01T00:00:00", "2999-01-01"],
)
async def test_a_moment_that_cannot_be_is_refused(gateway: Gateway, moment: str) -> None:
    every = inputs(await ids_of(gateway, "Harbour"), gateway)
    for name in ("registerToken", "rotateCredential"):
        answer = await send(gateway, name, {**every[name], "createdAt": moment})
        assert answer.codes == ["BAD_USER_INPUT"]
    answer = await send(
        gateway, "registerToken", {**every["registerToken"], "createdAt": "2999-01-01T00:00:00Z"}
    )
    (error,) = answer.whole["registerToken"]["userErrors"]
    assert (error["code"], error["field"]) == ("BAD_USER_INPUT", ["input", "createdAt"])


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "\u00e9", "a\nb"])
async def test_a_key_that_is_none_is_refused_in_the_input_and_in_the_header(
    gateway: Gateway, key: str
) -> None:
    input = inputs(await ids_of(gateway, "Harbour"), gateway)["createClient"]
    answers = [await send(gateway, "createClient", {**input, "idempotencyKey": key})]
    if "\n" not in key:
        headers = {"Idempotency-Key": key}
        answers.append(await send(gateway, "createClient", input, headers=headers))
    for answer in answers:
        (error,) = answer.whole["createClient"]["userErrors"]
        assert (error["code"], error["field"]) == ("BAD_USER_INPUT", ["input", "idempotencyKey"])
    assert await all_effects(gateway) == []


async def test_thousands_of_services_or_entries_are_one_refusal(gateway: Gateway) -> None:
    every = inputs(await ids_of(gateway, "Harbour"), gateway)
    before = await journal(gateway)
    services = [{"platform": f"p{n}", "service": "s"} for n in range(5_000)]
    entries = [{"key": f"k{n}", "value": "v"} for n in range(5_000)]
    for name, more in (
        ("createLink", {"services": services}),
        ("updateLink", {"services": services}),
        ("createClient", {"metadata": entries}),
        ("mergeClients", {"fromClientIds": ["x"] * 4_000}),
        ("splitClient", {"recordIds": ["x"] * 4_000}),
    ):
        answer = await send(gateway, name, {**every[name], **more})
        told = [each["extensions"]["code"] for each in answer.errors] or [
            each["code"] for each in answer.whole[name]["userErrors"]
        ]
        assert len(told) == 1
        assert set(told) <= {"BAD_USER_INPUT", "DOCUMENT_REFUSED"}
    assert await journal(gateway) == before
    assert await gateway.sandbox.calls(VendorName.AGENCYACCESS) == {}


async def test_a_wrong_new_value_is_not_held_against_the_one_in_force(gateway: Gateway) -> None:
    every = inputs(await ids_of(gateway, "Harbour"), gateway)
    for _ in range(2):
        wrong = await send(gateway, "rotateCredential", every["rotateCredential"])
        (error,) = wrong.whole["rotateCredential"]["userErrors"]
        assert error["code"] == "CREDENTIAL_INVALID"
    await gateway.settle()
    tokens = "{ agency { accounts { vendor credentials { status } status } } }"
    for account in (await gateway.query(tokens)).whole["agency"]["accounts"]:
        assert "REFUSED" not in {each["status"] for each in account["credentials"]}
    for number in range(3):
        more = {"email": f"ana{number}@example.org"}
        made = await send(gateway, "createClient", {**every["createClient"], **more})
        assert made.whole["createClient"]["userErrors"] == []
