"""The seeded world is worth looking at: overlaps between vendors, and twins in both agencies."""

import pytest

from gateway.domain.vendor import VendorName
from gateway.sandbox.seed import VENDORS, world


def test_there_are_harbour_and_meadow_with_a_handful_of_customers_each() -> None:
    agencies = {agency.name: agency.customers for agency in world().agencies}
    assert set(agencies) == {"Harbour", "Meadow"}
    assert all(6 <= len(customers) <= 8 for customers in agencies.values())


@pytest.mark.parametrize("vendor", VendorName)
def test_each_vendor_has_at_least_three_customers_of_each_agency(vendor: VendorName) -> None:
    for agency in world().agencies:
        assert sum(vendor in customer.vendors for customer in agency.customers) >= 3


def test_every_customer_is_at_two_to_four_vendors_and_named_once_in_its_agency() -> None:
    for agency in world().agencies:
        assert all(2 <= len(customer.vendors & set(VENDORS)) <= 4 for customer in agency.customers)
        companies = [customer.company for customer in agency.customers]
        assert len(set(companies)) == len(companies)


def test_some_customers_bear_the_same_name_in_both_agencies() -> None:
    harbour, meadow = ({one.name for one in agency.customers} for agency in world().agencies)
    assert len(harbour & meadow) >= 2


def test_addresses_belong_to_nobody() -> None:
    for agency in world().agencies:
        for customer in agency.customers:
            assert customer.email.isascii()
            assert customer.email.endswith(".example")
            assert customer.website.endswith(".example")
