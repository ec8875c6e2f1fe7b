"""Accounts are added with their credentials sealed, tried, and renewed."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contract import SlotShape, Verification
from gateway.directory.accounts import AccountFacts, Accounts, read_credentials
from gateway.domain.failures import (
    BadInput,
    Conflict,
    CredentialRefused,
    Failure,
    NotFound,
    Unavailable,
)
from gateway.domain.model import TokenKind, TokenStatus
from gateway.domain.secret import Secret
from gateway.domain.tokens import status
from gateway.domain.vendor import VendorName
from gateway.storage.port import Storage
from gateway.storage.values import ClientFilter, ClientOrder, TokenFilter, Window
from gateway.vendors import load
from tests.directory.fakes import HARBOUR, NOON, Hands, Script, Watched, nobody_asks, surrogate

CANARY = "canary-7f3b9c-canary-7f3b9c"


def opened(raw: Any, vendor: VendorName) -> tuple[dict[tuple[str, str], str], dict[str, str]]:
    """The secrets of a credential file by slot and holder, and its options."""
    found = read_credentials(load(vendor), raw)
    secrets = {
        (slot.name, holder): secret.reveal() for (slot, holder), secret in found.secrets.items()
    }
    return secrets, dict(found.options)


@pytest.mark.parametrize(
    ("vendor", "raw", "secrets", "options"),
    [
        (VendorName.AGENCYACCESS, "k1", {("api_key", ""): "k1"}, {}),
        (VendorName.AGENCYACCESS, {"api_key": " k1 "}, {("api_key", ""): "k1"}, {}),
        (VendorName.BRONTO, "t", {("agency_token", ""): "t"}, {}),
        (
            VendorName.BRONTO,
            {"agency_token": None, "client_tokens": {"a1": "t1", "a2": "t2"}},
            {("client_tokens", "a1"): "t1", ("client_tokens", "a2"): "t2"},
            {},
        ),
        (
            VendorName.ENGAGING_NETWORKS,
            {"api_key": "k", "public_token": "p", "private_tokens": ["x", "y"]},
            {
                ("api_key", ""): "k",
                ("public_token", ""): "p",
                ("private_tokens", "0"): "x",
                ("private_tokens", "1"): "y",
            },
            {},
        ),
        (
            VendorName.OWN,
            {"api_token": "t", "client_id": "mine"},
            {("api_token", ""): "t"},
            {"client_id": "mine"},
        ),
        (VendorName.OWN, "t", {("api_token", ""): "t"}, {}),
    ],
)
def test_a_credential_file_has_one_key_for_each_slot(
    vendor: VendorName, raw: Any, secrets: Any, options: Any
) -> None:
    assert opened(raw, vendor) == (secrets, options)


@pytest.mark.parametrize(
    ("vendor", "raw", "key"),
    [
        (VendorName.AGENCYACCESS, {"apikey": CANARY}, "apikey"),
        (VendorName.AGENCYACCESS, {"api_key": [CANARY]}, "api_key"),
        (VendorName.AGENCYACCESS, {"api_key": ""}, "api_key"),
        (VendorName.AGENCYACCESS, {"api_key": f"{CANARY}\x00"}, "api_key"),
        (VendorName.AGENCYACCESS, {"api_key": 71}, "api_key"),
        (VendorName.AGENCYACCESS, {}, "api_key"),
        (VendorName.BRONTO, {"client_tokens": CANARY}, "client_tokens"),
        (VendorName.BRONTO, {"client_tokens": {"a1": {"canary": 1}}}, "client_tokens"),
        (VendorName.ENGAGING_NETWORKS, {"private_tokens": CANARY}, "private_tokens"),
        (VendorName.ENGAGING_NETWORKS, {"private_tokens": [CANARY, None]}, "private_tokens"),
        (VendorName.OWN, {"api_token": CANARY, "client_id": 3}, "client_id"),
        (VendorName.OWN, {"client_id": "mine"}, "api_token"),
    ],
)
def test_a_bad_credential_file_is_told_by_its_key_and_never_by_its_value(
    vendor: VendorName, raw: Any, key: str
) -> None:
    with pytest.raises(BadInput) as caught:
        read_credentials(load(vendor), raw)
    assert caught.value.field[0] == key
    assert "canary" not in f"{caught.value.message}{caught.value.field}{caught.value!r}"
    if raw.get(key) is not None:
        assert f"`{key}`" in caught.value.message


@pytest.mark.parametrize("raw", [None, 3, ["a"], True])
def test_what_is_neither_object_nor_string_is_no_credential_file(raw: Any) -> None:
    with pytest.raises(BadInput, match="a JSON object or one string"):
        read_credentials(load(VendorName.OWN), raw)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
keys = st.sampled_from([slot.name for name in VendorName for slot in load(name).slots])


@given(st.sampled_from(VendorName), st.dictionaries(keys, json_values, min_size=1))
def test_whatever_a_file_holds_only_texts_in_the_right_shape_are_taken(
    vendor: VendorName, raw: dict[str, Any]
) -> None:
    try:
        found = read_credentials(load(vendor), raw)
    except BadInput:
        return
    shapes = {SlotShape.ONE: str, SlotShape.LIST: list, SlotShape.BY_HOLDER: dict}
    for slot, _ in found.secrets:
        assert isinstance(raw[slot.name], shapes[slot.shape])
    assert all(secret.reveal().strip() for secret in found.secrets.values())


# ── Adding ────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Scene:
    """Accounts over real storage, scripted vendors, and a seal that only marks its value."""

    storage: Storage
    script: Script = field(default_factory=Script)
    hands: Hands = field(default_factory=Hands)

    def __post_init__(self) -> None:
        self.accounts = Accounts(
            storage=self.storage,
            connector=self.script.connector(self.hands.clock),
            seal=self._seal,
            surrogate=surrogate,
            clock=self.hands.clock,
        )

    def _seal(self, secret: Secret, **binding: Any) -> bytes:
        binding["agency"], binding["vendor"] = int(binding["agency"]), binding["vendor"].value
        return json.dumps({"sealed": len(secret.reveal()), **binding}).encode()

    async def add(self, vendor: VendorName, credentials: Any = CANARY, **facts: Any) -> Any:
        told = {"vendor": vendor, "name": "Main", "credentials": credentials, **facts}
        inquiry = Watched(self.hands.clock).inquiry
        return await self.accounts.add(HARBOUR, AccountFacts(**told), inquiry, actor="ann")

    async def rotate(self, account: int, raw: Any) -> Any:
        """New values for the agency's account."""
        inquiry = Watched(self.hands.clock).inquiry
        return await self.accounts.rotate(HARBOUR, account, raw, None, inquiry, actor="ann")

    async def check(self, account: int) -> tuple[Verification, ...]:
        inquiry = Watched(self.hands.clock).inquiry
        return await self.accounts.check(HARBOUR, account, inquiry, actor="ann")

    def shows(self, vendor: VendorName, *shown: Verification) -> None:
        """What the vendor's cheapest harmless calls show."""

        async def verify() -> tuple[Verification, ...]:
            return shown

        self.script.play(vendor, verify=verify)

    async def tokens(self) -> Any:
        return (await self.storage.page_tokens(HARBOUR, TokenFilter(), Window(first=100)))[0].items


@pytest.fixture
def scene(storage: Storage) -> Scene:
    return Scene(storage)


async def test_an_account_is_stored_with_its_credentials_sealed_and_their_facts_told(
    scene: Scene,
) -> None:
    account, shown = await scene.add(
        VendorName.OWN, {"api_token": CANARY, "client_id": "mine"}, created_at=NOON
    )
    assert shown == ()
    assert scene.script.calls == []
    (held,) = (await scene.storage.accounts(HARBOUR))[0].credentials
    assert json.loads(held.envelope) == {
        "sealed": len(CANARY),
        "agency": HARBOUR,
        "vendor": "own",
        "account_name": "Main",
        "slot": "api_token",
        "holder": "",
    }
    assert account.options == {"client_id": "mine"}
    assert account.regions == load(VendorName.OWN).regions
    (token,) = await scene.tokens()
    assert (token.held, token.facts.kind, token.facts.hint) == (True, TokenKind.USER, CANARY[-4:])
    assert token.expires_at is not None
    assert CANARY not in repr(token)


async def test_a_client_token_belongs_to_its_client_and_short_values_give_no_hint(
    scene: Scene,
) -> None:
    await scene.add(VendorName.BRONTO, {"client_tokens": {"a1": "short-value"}})
    (token,) = await scene.tokens()
    assert (token.facts.client_vendor_id, token.facts.hint) == ("a1", None)


@pytest.mark.parametrize(
    ("vendor", "facts", "field"),
    [
        (VendorName.AGENCYACCESS, {"regions": ("us",)}, "region"),
        (VendorName.BRONTO, {"regions": ("us",)}, "region"),
        (VendorName.ENGAGING_NETWORKS, {"regions": ("us", "ca")}, "region"),
        (VendorName.OWN, {"regions": ("app1", "evil.example/")}, "region"),
        (VendorName.OWN, {"regions": ("App1",)}, "region"),
        (VendorName.OWN, {"regions": ("",)}, "region"),
        (VendorName.OWN, {"regions": ("{region}",)}, "region"),
        (VendorName.OWN, {"regions": ("app1@evil",)}, "region"),
        (VendorName.OWN, {"capabilities": ("FLY",)}, "capability"),
    ],
)
async def test_what_a_vendor_cannot_have_is_refused_before_anything_is_stored(
    scene: Scene, vendor: VendorName, facts: Any, field: str
) -> None:
    with pytest.raises(BadInput) as caught:
        await scene.add(vendor, **facts)
    assert caught.value.field == (field,)
    assert await scene.storage.accounts(HARBOUR) == ()
    assert scene.script.calls == []


async def test_the_name_of_an_account_is_taken_once(scene: Scene) -> None:
    await scene.add(VendorName.OWN)
    with pytest.raises(Conflict):
        await scene.add(VendorName.OWN, "another-value")
    await scene.add(VendorName.BRONTO)
    assert len(await scene.storage.accounts(HARBOUR)) == 2


async def test_where_the_credential_tells_of_its_client_the_vendor_is_asked_at_once(
    scene: Scene,
) -> None:
    scene.shows(
        VendorName.ENGAGING_NETWORKS,
        Verification("public_token", "", clients=("us/7",), capabilities={"MANAGE": True}),
    )
    account, shown = await scene.add(
        VendorName.ENGAGING_NETWORKS, {"public_token": CANARY}, regions=("us",)
    )
    assert [each.slot for each in shown] == ["public_token"]
    assert scene.script.calls == [(VendorName.ENGAGING_NETWORKS, "verify")]
    page = await scene.storage.page_clients(
        HARBOUR, ClientFilter(), ClientOrder.NAME_ASC, Window(first=10)
    )
    assert [record.vendor_id for one in page.items for record in one.records] == ["us/7"]
    learned = await scene.storage.learned_capabilities(HARBOUR, account.id)
    assert learned == {"MANAGE": True}


async def test_an_account_is_kept_though_its_vendor_cannot_be_reached(scene: Scene) -> None:
    down = Unavailable("The vendor is down.")
    scene.shows(VendorName.ENGAGING_NETWORKS, Verification("public_token", "", failure=down))
    account, shown = await scene.add(VendorName.ENGAGING_NETWORKS, {"public_token": CANARY})
    assert shown[0].failure is down
    found = await scene.storage.account(HARBOUR, account.id)
    assert found is not None
    # An unreachable vendor says nothing of a credential.
    assert (found.verified_at, found.credentials[0].refused) == (None, False)


# ── Checking and renewing ─────────────────────────────────────────────────────────────────────


async def test_a_check_marks_what_the_vendor_accepts_and_what_it_refuses(scene: Scene) -> None:
    account, _ = await scene.add(
        VendorName.BRONTO, {"agency_token": "good" * 5, "client_tokens": {"a1": "bad" * 6}}
    )
    refused = CredentialRefused("The token is wrong.")
    scene.shows(
        VendorName.BRONTO,
        Verification("agency_token", ""),
        Verification("client_tokens", "a1", failure=refused),
        Verification("client_tokens", "not held", failure=refused),
    )
    await scene.check(account.id)
    found = await scene.storage.account(HARBOUR, account.id)
    assert found is not None
    assert {each.holder: each.refused for each in found.credentials} == {"": False, "a1": True}
    states = {token.facts.kind: status(token, NOON) for token in await scene.tokens()}
    assert states == {
        TokenKind.AGENCY: TokenStatus.ACTIVE,
        TokenKind.CLIENT: TokenStatus.REFUSED,
    }


async def test_only_ones_own_accounts_can_be_checked_or_renewed(scene: Scene) -> None:
    account, _ = await scene.add(VendorName.OWN)
    scene.script.play(VendorName.OWN, verify=nobody_asks)
    inquiry = Watched(scene.hands.clock).inquiry
    for agency, id in ((2, account.id), (HARBOUR, account.id + 1)):
        with pytest.raises(NotFound):
            await scene.accounts.check(agency, id, inquiry, actor="ann")  # type: ignore[arg-type]
        with pytest.raises(NotFound):
            await scene.accounts.rotate(agency, id, "new", None, inquiry, actor="ann")  # type: ignore[arg-type]
    assert scene.script.calls == []


async def test_a_renewed_credential_is_a_new_generation_with_a_new_end(scene: Scene) -> None:
    account, _ = await scene.add(VendorName.OWN, CANARY, created_at=NOON)
    (before,) = account.credentials
    scene.hands.seconds = 86_400.0
    scene.shows(VendorName.OWN, Verification("api_token", ""))
    (after,), warnings = await scene.rotate(account.id, {"api_token": "n" * 20})
    assert (after.slot, after.generation, after.refused) == (
        "api_token",
        before.generation + 1,
        False,
    )
    assert warnings == ()
    (token,) = await scene.tokens()
    assert token.facts.created_at == scene.hands.now()
    assert token.facts.hint == "nnnn"


@pytest.mark.parametrize("failure", [CredentialRefused("Wrong."), Unavailable("Away.")])
async def test_a_value_that_the_vendor_does_not_accept_replaces_nothing(
    scene: Scene, failure: Failure
) -> None:
    account, _ = await scene.add(VendorName.OWN, CANARY, created_at=NOON)
    scene.shows(VendorName.OWN, Verification("api_token", "", failure=failure))
    with pytest.raises(type(failure)):
        await scene.rotate(account.id, {"api_token": "n" * 20})
    found = await scene.storage.account(HARBOUR, account.id)
    assert found is not None
    assert found.credentials == account.credentials


async def test_a_value_that_cannot_be_tried_is_replaced_with_a_warning(scene: Scene) -> None:
    account, _ = await scene.add(VendorName.OWN, CANARY, created_at=NOON)
    scene.shows(VendorName.OWN)
    (_,), (warning,) = await scene.rotate(account.id, {"api_token": "n" * 20})
    assert "untried" in warning


async def test_a_bad_file_renews_nothing(scene: Scene) -> None:
    account, _ = await scene.add(VendorName.BRONTO, {"agency_token": "a" * 20})
    with pytest.raises(BadInput):
        await scene.rotate(account.id, {"agency_token": "b" * 20, "client_tokens": [1]})
    found = await scene.storage.account(HARBOUR, account.id)
    assert found is not None
    assert found.credentials == account.credentials
