"""What every vendor must be: six files, and facts that are whole."""

import re
from collections import Counter
from contextlib import AbstractAsyncContextManager
from dataclasses import fields
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import gateway.vendors
from gateway.contract import COMMON, PARTICULAR, Operations, SupportLevel, Vendor
from gateway.domain.caller import AgencyId
from gateway.domain.clock import Clock
from gateway.domain.model import VendorAccount
from gateway.domain.vendor import VendorName
from gateway.upstream.exchange import Call, Reply, Stream
from gateway.vendors import load, load_all

SIX = {"__init__", "capabilities", "client", "mapping", "errors", "sandbox"}

every_vendor = pytest.mark.parametrize("vendor", load_all(), ids=lambda vendor: vendor.name.value)


class Nobody:
    """An exchange that must not be used: connecting is no reason to call."""

    clock = Clock()

    async def send(self, call: Call) -> Reply:
        raise AssertionError("a vendor called while connecting")

    def stream(self, call: Call) -> AbstractAsyncContextManager[Stream]:
        raise AssertionError("a vendor called while connecting")

    def surrogate(self, value: str) -> str:
        raise AssertionError("a vendor called while connecting")


def account(vendor: Vendor) -> VendorAccount:
    return VendorAccount(
        id=1, agency=AgencyId(1), vendor=vendor.name, name="Any", regions=vendor.regions
    )


def operations(vendor: Vendor) -> Operations:
    return vendor.connect(Nobody(), account(vendor))


def is_sentence(text: str) -> bool:
    return len(text.split()) >= 3 and text.strip() == text and text.endswith(".")


def test_every_folder_is_registered_and_every_name_has_its_folder() -> None:
    home = Path(gateway.vendors.__file__).parent
    folders = {path.name for path in home.iterdir() if (path / "__init__.py").exists()}
    assert folders == {name.value for name in VendorName}
    assert [vendor.name for vendor in load_all()] == list(VendorName)


@pytest.mark.parametrize("name", VendorName)
def test_a_vendor_is_six_files_of_these_names(name: VendorName) -> None:
    home = Path(gateway.vendors.__file__).parent / name.value
    # A double too long for one file is a folder of the same name.
    python = {
        path.stem
        for path in home.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert python == SIX


def test_every_operation_has_a_name_in_the_schema() -> None:
    assert {field.name for field in fields(Operations)} == COMMON.keys() | PARTICULAR.keys()


@every_vendor
def test_the_support_table_is_total_and_tells_what_connect_gives(vendor: Vendor) -> None:
    given = operations(vendor)
    live = {row for name, row in COMMON.items() if getattr(given, name) is not None}
    for row in COMMON.values():
        assert (vendor.support[row].level is SupportLevel.LIVE) is (row in live)
    particular = {PARTICULAR[name] for name in PARTICULAR if getattr(given, name) is not None}
    assert set(vendor.support) == set(COMMON.values()) | particular
    assert all(vendor.support[row].level is SupportLevel.LIVE for row in particular)


@every_vendor
def test_what_a_vendor_cannot_is_explained_in_a_sentence(vendor: Vendor) -> None:
    for support in vendor.support.values():
        if support.level is SupportLevel.LIVE:
            assert support.reason is None
        else:
            assert support.reason is not None
            assert is_sentence(support.reason)


def test_a_particular_operation_belongs_to_one_vendor() -> None:
    given = [operations(vendor) for vendor in load_all()]
    owners = Counter(name for one in given for name in PARTICULAR if getattr(one, name) is not None)
    assert owners == dict.fromkeys(PARTICULAR, 1)


@every_vendor
def test_every_slot_has_a_scheme_and_a_law_for_its_kind_of_token(vendor: Vendor) -> None:
    slots = [slot.name for slot in vendor.slots]
    assert slots
    assert len(set(slots)) == len(slots)
    assert set(slots) == set(vendor.laws.schemes)
    assert not set(slots) & set(vendor.options)
    assert {slot.kind for slot in vendor.slots} == {law.kind for law in vendor.token_laws}
    assert len({law.kind for law in vendor.token_laws}) == len(vendor.token_laws)


@every_vendor
def test_token_laws_say_how_a_token_is_had_and_can_be_kept(vendor: Vendor) -> None:
    for law in vendor.token_laws:
        assert is_sentence(law.how_to)
        assert law.max_live_per_holder is None or law.max_live_per_holder >= 1
        assert law.revoke_first is (law.max_live_per_holder == 1)
        assert law.expires_after_days is None or law.expires_after_days > 0


@every_vendor
def test_a_login_is_confidential_is_signed_by_its_slot_and_is_never_repeated(
    vendor: Vendor,
) -> None:
    for slot, scheme in vendor.laws.schemes.items():
        if scheme.login is not None:
            call = scheme.login.call(account(vendor))
            assert (call.slot, call.confidential, call.safe) == (slot, True, False)
            assert call.host in vendor.laws.hosts


@every_vendor
def test_hosts_are_https_and_hold_a_region_only_where_there_are_regions(vendor: Vendor) -> None:
    assert "api" in vendor.laws.hosts
    for template in vendor.laws.hosts.values():
        assert set(re.findall(r"\{(\w*)\}", template)) <= {"region"}
        for region in vendor.regions or ("",):
            parts = urlsplit(template.format(region=region))
            assert parts.scheme == "https"
            assert "." in parts.netloc
            assert parts.path in ("", "/")
            assert not parts.query
    has_regions = any("{region}" in template for template in vendor.laws.hosts.values())
    assert has_regions is bool(vendor.regions)


@every_vendor
def test_limits_are_stated_even_where_the_vendor_is_silent(vendor: Vendor) -> None:
    assert vendor.laws.limits
    assert vendor.laws.concurrency >= 1
    for rate in vendor.laws.limits:
        assert rate.count >= 1
        assert rate.seconds > 0
        assert rate.name
        assert rate.operations is None or rate.operations


@every_vendor
def test_freshness_is_a_positive_time(vendor: Vendor) -> None:
    for freshness in vendor.laws.freshness.values():
        assert freshness.fresh > 0
        assert freshness.stale >= 0
    ledger = vendor.ledger
    assert 0 < ledger.link <= ledger.settled_link
    assert ledger.client > 0
    assert ledger.tokens > 0


@every_vendor
def test_a_vendor_introduces_itself_and_names_its_documentation(vendor: Vendor) -> None:
    assert load(vendor.name) is vendor
    assert vendor.laws.vendor is vendor.name
    assert vendor.title
    assert is_sentence(vendor.summary)
    assert vendor.documentation
    assert all(page.startswith("https://") for page in vendor.documentation)
