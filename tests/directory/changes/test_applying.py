"""A patch laid over what a vendor says: what is not named stays, and nothing differs twice."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from gateway.directory.changes.applying import patched
from gateway.domain.changes import BrontoPatch, ClientPatch, EntryPatch
from gateway.domain.details import BrontoAllocations, BrontoContact, BrontoDetails
from gateway.domain.model import ClientStatus, ClientValues, Entry

text = st.text("abc", min_size=1, max_size=3)
entries = st.dictionaries(text, text, max_size=3).map(
    lambda held: tuple(Entry(key, value) for key, value in held.items())
)
contacts = st.builds(BrontoContact, first_name=st.none() | text, city=st.none() | text)
allotted = st.builds(BrontoAllocations, emails=st.none() | st.integers(0, 3), api=st.booleans())
details = st.none() | st.builds(
    BrontoDetails,
    contact=st.none() | contacts,
    allocations=st.none() | allotted,
    locale=st.none() | text,
    usage_alert_email=st.none() | text,
)
values = st.builds(
    ClientValues,
    name=st.none() | text,
    company=st.none() | text,
    metadata=entries,
    status=st.sampled_from(ClientStatus),
    details=details,
)
given_text = st.just(UNSET) | st.none() | text
patches = st.builds(
    ClientPatch,
    name=given_text,
    company=given_text,
    metadata=st.lists(
        st.builds(EntryPatch, text, st.none() | text), max_size=3, unique_by=lambda each: each.key
    ).map(tuple),
    active=st.none() | st.booleans(),
    bronto=st.none()
    | st.builds(
        BrontoPatch,
        contact=st.none() | contacts,
        allocations=st.none() | allotted,
        locale=st.none() | text,
        usage_alert_email=given_text,
    ),
)


@given(values)
def test_an_empty_patch_changes_nothing(current: ClientValues) -> None:
    assert patched(current, ClientPatch()) == current


@given(values, patches)
def test_a_patch_that_was_applied_changes_nothing_any_more(
    current: ClientValues, patch: ClientPatch
) -> None:
    once = patched(current, patch)
    assert patched(once, patch) == once


@given(values, patches)
def test_what_a_patch_names_is_set_and_the_rest_stays(
    current: ClientValues, patch: ClientPatch
) -> None:
    changed = patched(current, patch)
    assert changed.company == (current.company if patch.company is UNSET else patch.company)
    assert changed.email == current.email
    held = {entry.key: entry.value for entry in changed.metadata}
    named = {entry.key: entry.value for entry in patch.metadata}
    for entry in current.metadata:
        if entry.key not in named:
            assert held[entry.key] == entry.value
    assert all(held.get(key) == value for key, value in named.items())


def test_the_particulars_of_bronto_are_left_alone_where_there_are_none() -> None:
    current = ClientValues(name="Ana")
    patch = ClientPatch(bronto=BrontoPatch(locale="en_US"))
    assert patched(current, patch) == current


def test_switching_on_what_is_on_differs_in_nothing() -> None:
    current = ClientValues(name="Ana", status=ClientStatus.ACTIVE)
    assert patched(current, ClientPatch(active=True)) == current
    off = patched(current, ClientPatch(active=False))
    assert off.status is ClientStatus.INACTIVE
