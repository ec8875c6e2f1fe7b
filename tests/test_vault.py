"""What the vault promises: each promise is a test, so that the two cannot drift apart."""

import base64
import copy
import json
import pickle
import stat
import traceback
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import vault as vaults
from gateway.domain.caller import AgencyId
from gateway.domain.model import SealedCredential
from gateway.domain.secret import Secret
from gateway.domain.vendor import VendorName
from gateway.vault import KeyRingUnreadable, SealBroken, UnknownKey, Vault, VaultFailure

CANARY = "canary-7f3b9c"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("vault") / "vault.json"
    vaults.create(made)
    return made


@pytest.fixture(scope="module")
def vault(path: Path) -> Vault:
    return Vault.load(str(path))


def credential(envelope: bytes = b"", **changes: object) -> SealedCredential:
    made = SealedCredential(
        id=11,
        agency=AgencyId(1),
        account=7,
        vendor=VendorName.BRONTO,
        account_name="Main",
        slot="client_tokens",
        holder="0bd1",
        generation=1,
        envelope=envelope,
        token=3,
    )
    return msgspec.structs.replace(made, **changes)


def seal(vault: Vault, value: str = CANARY, like: SealedCredential | None = None) -> bytes:
    as_ = like or credential()
    return vault.seal(
        Secret(value),
        agency=as_.agency,
        vendor=as_.vendor,
        account_name=as_.account_name,
        slot=as_.slot,
        holder=as_.holder,
    )


# ── Sealing ───────────────────────────────────────────────────────────────────────────────────


@given(st.text(st.characters(exclude_categories=())), st.text(), st.text(), st.text())
def test_what_is_sealed_opens_as_it_was(
    vault: Vault, value: str, account_name: str, slot: str, holder: str
) -> None:
    held = credential(account_name=account_name, slot=slot, holder=holder)
    opened = vault.open(msgspec.structs.replace(held, envelope=seal(vault, value, held)))
    assert opened.reveal() == value


def test_five_hundred_seals_of_one_value_share_nothing_random(vault: Vault) -> None:
    envelopes = [seal(vault) for _ in range(500)]
    assert len(set(envelopes)) == 500
    for start, end in ((9, 25), (25, 57), (57, 69), (69, 117), (117, 129), (129, 200)):
        assert len({envelope[start:end] for envelope in envelopes}) == 500
    assert CANARY.encode() not in b"".join(envelopes)


TRANSPLANTS = {
    "agency": AgencyId(2),
    "vendor": VendorName.OWN,
    "account_name": "Main2",
    "slot": "agency_token",
    "holder": "0bd2",
}


@pytest.mark.parametrize("field", TRANSPLANTS)
def test_an_envelope_does_not_open_as_another_credential(vault: Vault, field: str) -> None:
    with pytest.raises(SealBroken):
        vault.open(credential(seal(vault), **{field: TRANSPLANTS[field]}))


def test_an_envelope_opens_whatever_row_holds_its_credential(vault: Vault) -> None:
    """The account's row id is not known when a credential is sealed, its name is."""
    held = credential(seal(vault), id=99, account=98, generation=97, token=96)
    assert vault.open(held).reveal() == CANARY


@given(st.text(), st.text(), st.text(), st.text(), st.text(), st.text())
def test_no_two_names_of_a_credential_run_together(
    vault: Vault, name: str, slot: str, holder: str, name2: str, slot2: str, holder2: str
) -> None:
    """("ab", "c") is not ("a", "bc"): lengths are part of what an envelope is bound to."""
    sealed_as = credential(account_name=name, slot=slot, holder=holder)
    opened_as = credential(
        seal(vault, like=sealed_as), account_name=name2, slot=slot2, holder=holder2
    )
    if (name, slot, holder) == (name2, slot2, holder2):
        assert vault.open(opened_as).reveal() == CANARY
    else:
        with pytest.raises(SealBroken):
            vault.open(opened_as)


def test_shifting_a_letter_between_slot_and_holder_breaks_the_seal(vault: Vault) -> None:
    envelope = seal(vault, like=credential(slot="ab", holder="c"))
    with pytest.raises(SealBroken):
        vault.open(credential(envelope, slot="a", holder="bc"))


def test_a_flipped_bit_at_any_byte_breaks_the_seal(vault: Vault) -> None:
    envelope = seal(vault)
    for at in range(len(envelope)):
        for bit in range(8):
            spoilt = bytearray(envelope)
            spoilt[at] ^= 1 << bit
            with pytest.raises((SealBroken, UnknownKey)):
                vault.open(credential(bytes(spoilt)))
            if at < 117:
                with pytest.raises((SealBroken, UnknownKey)):
                    vault.rewrap(bytes(spoilt))


@given(st.data())
def test_a_cut_or_lengthened_envelope_breaks_the_seal(vault: Vault, data: st.DataObject) -> None:
    envelope = seal(vault)
    length = data.draw(st.integers(0, len(envelope) - 1))
    tail = data.draw(st.binary(min_size=1, max_size=40))
    for spoilt in (envelope[:length], envelope + tail):
        with pytest.raises(VaultFailure):
            vault.open(credential(spoilt))


@given(st.binary(max_size=400))
def test_bytes_that_nobody_sealed_are_refused(vault: Vault, noise: bytes) -> None:
    with pytest.raises(VaultFailure):
        vault.open(credential(noise))
    with pytest.raises(VaultFailure):
        vault.open(credential(seal(vault)[:9] + noise))


@pytest.mark.parametrize(("start", "end"), [(9, 25), (25, 57), (57, 117), (117, None)])
def test_parts_of_two_envelopes_of_one_credential_do_not_mix(
    vault: Vault, start: int, end: int | None
) -> None:
    one, other = seal(vault, "one"), seal(vault, "two")
    mixed = one[:start] + other[start:end] + (one[end:] if end else b"")
    with pytest.raises(SealBroken):
        vault.open(credential(mixed))


def test_a_failure_tells_whose_credential_it_was(vault: Vault) -> None:
    with pytest.raises(SealBroken) as caught:
        vault.open(credential(b"", account=42))
    assert (caught.value.vendor, caught.value.account) == (VendorName.BRONTO, 42)


# ── Keys ──────────────────────────────────────────────────────────────────────────────────────


def ring(path: Path) -> dict[str, object]:
    return json.loads(path.read_text())


def without(path: Path, *ids: str) -> Path:
    """The file after an operator deleted keys from it."""
    kept = ring(path)
    kept["keys"] = {id: key for id, key in kept["keys"].items() if id not in ids}
    path.write_text(json.dumps(kept))
    return path


@pytest.fixture
def own(tmp_path: Path) -> Path:
    made = tmp_path / "own.json"
    vaults.create(made)
    return made


def test_after_rewrapping_the_old_key_can_be_deleted(own: Path) -> None:
    old = ring(own)["current"]
    before = Vault.load(str(own))
    envelopes = {value: seal(before, value) for value in ("a", "b", "c")}

    new = vaults.add_key(own)
    both = Vault.load(str(own))
    for value, envelope in envelopes.items():
        assert both.open(credential(envelope)).reveal() == value
    rewrapped = {value: both.rewrap(envelope) for value, envelope in envelopes.items()}

    alone = Vault.load(str(without(own, old)))
    assert new != old
    for value, envelope in rewrapped.items():
        assert alone.open(credential(envelope)).reveal() == value
        assert both.rewrap(envelope) == envelope
    for envelope in envelopes.values():
        with pytest.raises(UnknownKey):
            alone.open(credential(envelope))
        with pytest.raises(UnknownKey):
            alone.rewrap(envelope)


def test_a_rewrapped_envelope_is_bound_as_before(own: Path) -> None:
    envelope = seal(Vault.load(str(own)))
    vaults.add_key(own)
    vault = Vault.load(str(own))
    rewrapped = vault.rewrap(envelope)
    assert rewrapped[117:] == envelope[117:]
    for field, other in TRANSPLANTS.items():
        with pytest.raises(SealBroken):
            vault.open(credential(rewrapped, **{field: other}))


def test_the_commitment_refuses_another_data_key(vault: Vault, path: Path) -> None:
    """A wrapped key that opens, but is not the one committed to, is refused before it is used."""
    envelope = vaults._parse(seal(vault))
    spoilt = vault._wrap(envelope, bytes(32))
    with pytest.raises(SealBroken):
        vault.rewrap(bytes(spoilt))


def test_adding_a_key_keeps_what_never_rotates(own: Path) -> None:
    before, first = ring(own), Vault.load(str(own))
    vaults.add_key(own)
    after, second = ring(own), Vault.load(str(own))
    assert (after["pepper"], after["surrogate"]) == (before["pepper"], before["surrogate"])
    assert set(before["keys"]) < set(after["keys"])
    assert second.digest_api_key(Secret("k")) == first.digest_api_key(Secret("k"))
    assert second.cache_key_secret() == first.cache_key_secret()


def test_only_the_owner_can_read_the_file(own: Path) -> None:
    assert stat.S_IMODE(own.stat().st_mode) == 0o600
    vaults.add_key(own)
    assert stat.S_IMODE(own.stat().st_mode) == 0o600
    assert [found.name for found in own.parent.iterdir()] == [own.name]


def test_a_vault_file_is_never_replaced(own: Path) -> None:
    before = own.read_bytes()
    with pytest.raises(FileExistsError):
        vaults.create(own)
    assert own.read_bytes() == before


def test_a_link_to_the_file_stays_a_link_when_a_key_is_added(own: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(own)
    id = vaults.add_key(link)
    assert link.is_symlink()
    assert ring(own)["current"] == id


def test_the_key_ring_comes_from_a_path_a_file_or_the_environment(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_VAULT", own.read_text())
    held = credential(seal(Vault.load(str(own))))
    for source in (str(own), f"file:{own}", "env:SOME_VAULT"):
        assert Vault.load(source).open(held).reveal() == CANARY


@pytest.mark.parametrize("source", ["/nowhere/vault.json", "file:/nowhere/v.json", "env:NOT_SET_X"])
def test_a_missing_key_ring_is_named(source: str) -> None:
    with pytest.raises(KeyRingUnreadable, match=source):
        Vault.load(source)


SPOILT: dict[str, Callable[[dict[str, object]], object]] = {
    "another version": lambda ring: {**ring, "version": 2},
    "no current key": lambda ring: {**ring, "current": "0" * 16},
    "a short key": lambda ring: {**ring, "keys": {ring["current"]: _base64(CANARY[:13].encode())}},
    "an id that is not ours": lambda ring: {**ring, "keys": {**ring["keys"], CANARY: _base64()}},
    "a short pepper": lambda ring: {**ring, "pepper": _base64(b"short")},
    "no surrogate key": lambda ring: {k: v for k, v in ring.items() if k != "surrogate"},
    "something more": lambda ring: {**ring, "more": CANARY},
    "a key not in base64": lambda ring: {**ring, "pepper": f"{CANARY}%"},
    "a list": lambda ring: [CANARY],
}


def _base64(data: bytes = bytes(32)) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_a_key_ring_that_we_did_not_make_is_refused_without_echo(
    own: Path, spoil: Callable[[dict[str, object]], object]
) -> None:
    own.write_text(json.dumps(spoil(ring(own))))
    with pytest.raises(KeyRingUnreadable) as caught:
        Vault.load(str(own))
    shown = "".join(traceback.format_exception(caught.value))
    assert CANARY not in shown
    assert CANARY[:13] not in shown


# ── Stand-ins ─────────────────────────────────────────────────────────────────────────────────


def test_a_surrogate_is_the_same_each_time_and_unrelated_elsewhere(vault: Vault) -> None:
    agency, vendor = AgencyId(1), VendorName.BRONTO
    first = vault.surrogate(agency, vendor, "Main", CANARY)
    assert vault.surrogate(agency, vendor, "Main", CANARY) == first
    assert len(first) == 32
    assert first.isalnum()
    others = [
        vault.surrogate(AgencyId(2), vendor, "Main", CANARY),
        vault.surrogate(agency, VendorName.OWN, "Main", CANARY),
        vault.surrogate(agency, vendor, "Other", CANARY),
        vault.surrogate(agency, vendor, "Main", CANARY + "x"),
    ]
    assert len({first, *others}) == 5


def test_two_vaults_have_nothing_in_common(vault: Vault, own: Path) -> None:
    other = Vault.load(str(own))
    assert other.digest_api_key(Secret("k")) != vault.digest_api_key(Secret("k"))
    assert other.cache_key_secret() != vault.cache_key_secret()
    assert other.surrogate(AgencyId(1), VendorName.OWN, "M", "v") != vault.surrogate(
        AgencyId(1), VendorName.OWN, "M", "v"
    )
    with pytest.raises(UnknownKey):
        other.open(credential(seal(vault)))


def test_what_was_made_once_is_understood_for_ever() -> None:
    """Pins the layout and the context words: if this fails, nobody's credentials open any more."""
    fixed = json.loads((Path(__file__).parent / "vault_fixed.json").read_text())
    vault = Vault(msgspec.convert(fixed["ring"], vaults._KeyRing))
    envelope = base64.b64decode(fixed["envelope"])
    assert vault.open(credential(envelope)).reveal() == "sealed in November 2026"
    assert vault.surrogate(AgencyId(1), VendorName.BRONTO, "Main", "x") == fixed["surrogate"]
    assert vault.cache_key_secret().hex() == fixed["cache_key"]
    assert vault.digest_api_key(Secret("gw_x")).hex() == fixed["digest"]


# ── Silence ───────────────────────────────────────────────────────────────────────────────────


def test_nothing_secret_shows_in_a_vault_or_its_failures(vault: Vault, path: Path) -> None:
    kept = [CANARY, ring(path)["pepper"], ring(path)["surrogate"], *ring(path)["keys"].values()]
    raised = []
    for spoilt in (b"", seal(vault)[:-1], b"\x01" + bytes(300)):
        with pytest.raises(VaultFailure) as caught:
            vault.open(credential(spoilt))
        raised.append("".join(traceback.format_exception(caught.value)) + repr(caught.value))
    shown = "".join([repr(vault), str(vault), f"{vault}", repr(vaults._read(str(path))), *raised])
    for secret in kept:
        assert secret not in shown
        assert secret.rstrip("=") not in shown


def test_a_vault_is_not_copied_by_accident(vault: Vault) -> None:
    for copied in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            copied(vault)
