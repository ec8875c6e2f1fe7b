"""What is written to Bronto: payloads, patches and what became of each item; all of it pure."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from gateway.domain.changes import BrontoPatch, ClientPatch, NewClient, NewToken, TokenUpdate
from gateway.domain.details import BrontoAllocations, BrontoContact
from gateway.domain.failures import BadInput, Conflict, ContractBroken, Failure
from gateway.domain.model import ClientStatus, ClientValues
from gateway.upstream.codec import Children, Element
from gateway.vendors.bronto.mapping import reading, tokens, writing
from gateway.vendors.bronto.mapping.results import MOST_ITEMS, Done, Refused, write_result

from .answers import answer, fault


def row(inner: str, operation: str = "readAccounts") -> Element:
    (only,) = reading.rows(answer(operation, inner), operation)
    return only


def outcome(make: Callable[[], Any]) -> Any:
    """What is made, or the failure in its place."""
    try:
        return make()
    except Failure as failure:
        return failure


def unfolded(children: Children) -> Any:
    """Children as nested dicts, which must not repeat a name."""
    names = [name for name, _ in children]
    assert len(set(names)) == len(names)
    return {
        name: content if isinstance(content, str) else unfolded(content)  # type: ignore[arg-type]
        for name, content in children
    }


def changed(account: str, **patch: Any) -> Any:
    return unfolded(writing.changed_account(row(account), ClientPatch(**patch)))["accounts"]


ACCOUNT = """
<id>a1</id><name>Rivers</name><status>unrestricted</status>
<generalSettings><bounceLimit>3</bounceLimit><useSSL>1</useSSL><newThing>x</newThing>
 </generalSettings>
<contactInformation><email>ana@rivers.example</email><firstName>Ana</firstName>
 </contactInformation>
<repliesSettings><deleteSpam>true</deleteSpam></repliesSettings>
<allocations><bundle>basic</bundle><emails>5</emails></allocations>
"""


# ── Accounts ──────────────────────────────────────────────────────────────────────────────────


def test_required_groups_go_whole_and_in_the_vendors_order() -> None:
    item = changed(ACCOUNT, name="Rivers")
    assert list(item) == ["id", "status", "generalSettings", "allocations"]
    assert list(item["generalSettings"].items()) == [("useSSL", "1"), ("bounceLimit", "3")]
    assert list(item["allocations"].items()) == [("emails", "5"), ("bundle", "basic")]


def test_required_groups_go_even_when_the_account_has_none() -> None:
    item = changed("<id>a1</id><name>A</name><status>inactive</status>", active=True)
    assert item == {
        "id": "a1",
        "status": "unrestricted",
        "generalSettings": {},
        "allocations": {},
    }


def test_a_group_that_stays_as_it_is_is_not_sent() -> None:
    assert "contactInformation" not in changed(ACCOUNT, email="ana@rivers.example")
    assert "repliesSettings" not in changed(ACCOUNT, email="other@rivers.example")


def test_a_value_that_is_cleared_is_sent_empty() -> None:
    item = changed(ACCOUNT, email=None)
    assert item["contactInformation"] == {"firstName": "Ana", "email": ""}


def test_a_state_that_is_not_patched_is_sent_as_it_was() -> None:
    assert changed(ACCOUNT, name="Other")["status"] == "unrestricted"
    assert changed(ACCOUNT, active=False)["status"] == "inactive"


TEXT = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)
NUMBER = st.integers(0, 2**63 - 1)
CONTACT = st.builds(
    BrontoContact, **{name: st.none() | TEXT for name in BrontoContact.__struct_fields__}
)
ALLOCATIONS = st.builds(
    BrontoAllocations,
    can_exceed=st.none() | st.booleans(),
    emails=st.none() | NUMBER,
    contacts=st.none() | NUMBER,
    hosting=st.none() | NUMBER,
    logins=st.none() | NUMBER,
    api=st.none() | st.booleans(),
    bundle=st.none() | TEXT,
)
BRONTO = st.builds(
    BrontoPatch,
    allocations=st.none() | ALLOCATIONS,
    contact=st.none() | CONTACT,
    time_zone=st.none() | TEXT,
    locale=st.none() | TEXT,
    usage_alert_email=st.just(UNSET) | st.none() | TEXT,
)
PATCH = st.builds(
    ClientPatch,
    name=st.just(UNSET) | TEXT,
    email=st.just(UNSET) | st.none() | TEXT,
    company=st.just(UNSET) | st.none() | TEXT,
    active=st.none() | st.booleans(),
    bronto=st.none() | BRONTO,
)


def applied(account: str, item: dict[str, Any]) -> str:
    """An account after an update, as the vendor would tell it: omitted groups stay."""

    def told(content: Any) -> str:
        if isinstance(content, str):
            return content.replace("&", "&amp;").replace("<", "&lt;")
        return "".join(f"<{name}>{told(each)}</{name}>" for name, each in content.items())

    before = {str(each.tag): "".join(map(_raw, each)) or (each.text or "") for each in row(account)}
    return "".join(
        f"<{name}>{before.get(name, '') if name not in item else told(item[name])}</{name}>"
        for name in {**before, **item}
    )


def _raw(element: Element) -> str:
    return f"<{element.tag}>{element.text}</{element.tag}>"


@given(PATCH)
def test_what_is_sent_for_a_patch_makes_the_account_as_it_wants_it(patch: ClientPatch) -> None:
    item = unfolded(writing.changed_account(row(ACCOUNT), patch))["accounts"]
    after = reading.client(row(applied(ACCOUNT, item)))
    assert writing.took_effect(after, patch)


@given(PATCH)
def test_a_patch_took_effect_exactly_when_nothing_that_it_names_differs(
    patch: ClientPatch,
) -> None:
    before = reading.client(row(ACCOUNT))
    differs = writing.differing(writing.fields(patch), before)
    assert writing.took_effect(before, patch) is (not differs and patch.active is not False)


@given(TEXT, BRONTO)
def test_what_is_sent_for_a_new_account_is_read_back_as_it_was_given(
    name: str, bronto: BrontoPatch
) -> None:
    needed = BrontoAllocations(can_exceed=True, emails=1, contacts=2, hosting=3)
    new = NewClient(
        name=name,
        email="a@b.example",
        bronto=BrontoPatch(
            allocations=needed,
            contact=bronto.contact,
            time_zone=bronto.time_zone,
            locale=bronto.locale,
            usage_alert_email=bronto.usage_alert_email,
        ),
    )
    item = unfolded(writing.new_account(new))["accounts"]
    told = reading.client(row(applied("<id>a</id>", item)))
    assert not writing.differing(writing.fields(new), told)
    assert not writing.of_another(told, new)


@given(st.text())
def test_any_text_is_either_written_as_it_is_or_refused_by_its_field(text: str) -> None:
    item = outcome(lambda: changed(ACCOUNT, company=text))
    if isinstance(item, BadInput):
        assert item.field == ("company",)
    else:
        sent = item.get("contactInformation", {}).get("organization", "")
        assert sent == text.strip()


@pytest.mark.parametrize("state", [None, ClientStatus.UNKNOWN, ClientStatus.ACTIVE])
def test_a_state_without_a_rule_is_left_to_the_vendor(state: ClientStatus | None) -> None:
    current = ClientValues(name="A", status=state)
    writing.refuse_status(current, ClientPatch(name="B"))
    # One that has a rule is refused.
    with pytest.raises(Conflict):
        writing.refuse_status(
            ClientValues(name="A", status=ClientStatus.RESTRICTED), ClientPatch(name="B")
        )


def test_an_address_that_nobody_is_told_at_is_none() -> None:
    general = "<sendUsageAlerts>%s</sendUsageAlerts><usageAlertEmail>a@b.example</usageAlertEmail>"
    for told, address in (("false", None), ("true", "a@b.example")):
        inner = f"<id>a</id><generalSettings>{general % told}</generalSettings>"
        details: Any = reading.client(row(inner)).details
        assert details.usage_alert_email == address


# ── Tokens ────────────────────────────────────────────────────────────────────────────────────

TOKEN = "<id>SECRET</id><name>%s</name><permissions>15</permissions><active>1</active>"


def token_row(name: str = "sync") -> Element:
    return row(TOKEN % name, "readApiTokens")


def test_what_of_a_token_is_not_changed_is_sent_as_it_was() -> None:
    update = TokenUpdate(client_vendor_id="a", key="k", name="other")
    assert unfolded(tokens.changed_token(token_row(), update)) == {
        "tokens": {"id": "SECRET", "name": "other", "permissions": "15", "active": "1"}
    }
    assert unfolded(tokens.same_token(token_row())) == {
        "tokens": {"id": "SECRET", "permissions": "15", "active": "1"}
    }


@pytest.mark.parametrize(
    ("name", "plain", "mark"),
    [
        ("sync", "sync", ""),
        ("sync [gw-intent-7]", "sync", " [gw-intent-7]"),
        ("a [b] [gw-intent-7]", "a [b]", " [gw-intent-7]"),
        ("a [gw-intent-1] [gw-intent-7]", "a [gw-intent-1]", " [gw-intent-7]"),
        ("sync [gw-intent-x]", "sync [gw-intent-x]", ""),
        ("sync [gw-intent-7", "sync [gw-intent-7", ""),
        ("sync[gw-intent-7]", "sync[gw-intent-7]", ""),
        (" [gw-intent-7]", " [gw-intent-7]", ""),
        ("[gw-intent-7]", "[gw-intent-7]", ""),
    ],
)
def test_a_name_is_parted_from_its_mark(name: str, plain: str, mark: str) -> None:
    assert reading.parted(name) == (plain, mark)


@given(st.text(st.characters(categories=["L", "N", "P", "Zs"])), st.integers(1, 10**17))
def test_a_marked_name_gives_the_name_back(name: str, intent: int) -> None:
    new = NewToken(client_vendor_id="a", name=name, permissions=())
    mark = f"gw-intent-{intent}"
    marked = outcome(lambda: tokens.marked_name(new, mark))
    if isinstance(marked, BadInput):
        assert marked.field == ("name",)
    else:
        assert reading.parted(marked) == (name.strip(), f" [{mark}]")


@given(st.lists(st.sampled_from(["READ", "WRITE", "SEND"])))
def test_permissions_are_the_vendors_bits(words: list[str]) -> None:
    new = NewToken(client_vendor_id="a", name="n", permissions=tuple(words))
    sent = unfolded(tokens.new_token(new, "gw-intent-1"))["tokens"]
    assert reading.permissions(int(sent["permissions"])) == tuple(
        word for word in ("READ", "WRITE", "SEND") if word in words
    )
    assert (sent["active"], sent["accountId"]) == ("true", "a")


# ── What became of each item ──────────────────────────────────────────────────────────────────


def result(inner: str, count: int) -> tuple[Done | Refused, ...]:
    return write_result(answer("addAccounts", inner), "addAccounts", count)


def item(id: str | None = None, code: int = 0, *, failed: bool = False) -> str:
    named = "" if id is None else f"<id>{id}</id><isNew>true</isNew>"
    said = "true" if failed else "false"
    return f"<results>{named}<isError>{said}</isError><errorCode>{code}</errorCode></results>"


def test_outcomes_come_in_the_order_of_the_items() -> None:
    inner = "<errors>1</errors>" + item("a") + item(code=704, failed=True) + item("c")
    assert result(inner, 3) == (Done("a", True), Refused(704), Done("c", True))


def test_without_errors_all_is_done_and_a_flag_alone_tells_of_a_failure() -> None:
    assert result(item("a") + item("b"), 2) == (Done("a", True), Done("b", True))
    assert result(item("a") + item(code=702, failed=True), 2)[1] == Refused(702)


def test_an_item_that_only_errors_lists_has_failed_without_a_number() -> None:
    inner = "<errors>0</errors><results><id>a</id></results>"
    assert result(inner, 1) == (Refused(None),)


@pytest.mark.parametrize(
    "inner",
    [
        "",
        item("a"),
        item("a") * 3,
        item("a") * 2 + "<errors>2</errors>",
        item("a") * 2 + "<errors>-1</errors>",
        item("a") * 2 + "<errors>x</errors>",
        item("a") * 2 + "<errors/>",
        "<results><isError>maybe</isError></results>" * 2,
    ],
)
def test_an_answer_that_does_not_tell_of_each_item_breaks_the_contract(inner: str) -> None:
    with pytest.raises(ContractBroken):
        result(inner, 2)


def test_the_end_of_a_query_is_no_answer_to_a_write() -> None:
    with pytest.raises(ContractBroken):
        write_result(fault("116: End of result set.", 116), "addAccounts", 1)


def test_an_outcome_does_not_show_the_id_which_may_be_a_token() -> None:
    assert "SECRET" not in repr(Done("SECRET"))


@given(st.lists(st.none() | st.integers(1, 999_999), max_size=20))
def test_each_items_fate_is_its_own(codes: list[int | None]) -> None:
    items = [
        item(f"id{place}") if code is None else item(code=code, failed=True)
        for place, code in enumerate(codes)
    ]
    errors = [f"<errors>{place}</errors>" for place, code in enumerate(codes) if code is not None]
    inner = "".join(errors + items)
    told = result(inner, len(codes)) if codes else ()
    assert told == tuple(
        Done(f"id{place}", True) if code is None else Refused(code)
        for place, code in enumerate(codes)
    )


def test_five_thousand_items_are_told_apart_in_one_answer() -> None:
    inner = "<errors>4999</errors>" + item("a") * (MOST_ITEMS - 1) + item(code=1, failed=True)
    told = result(inner, MOST_ITEMS)
    assert told.count(Done("a", True)) == MOST_ITEMS - 1
    assert told[-1] == Refused(1)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="<&\ufffe\uffff")))
def test_whatever_an_item_says_is_an_outcome_or_a_broken_contract(said: str) -> None:
    inner = f"<results><isError>{said}</isError><errorCode>{said}</errorCode></results>"
    told = outcome(lambda: result(inner + f"<errors>{said}</errors>", 1))
    assert isinstance(told, ContractBroken) or isinstance(told[0], Refused)
