"""Own's reads, call by call; what the policies add is in `test_stack.py`."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contract import Operations, SupportLevel
from gateway.domain.failures import (
    BadInput,
    CapabilityMissing,
    CredentialRefused,
    Malformed,
    Unavailable,
)
from gateway.domain.model import ClientStatus, Outcome, Seen
from gateway.upstream.exchange import Call, Reply
from gateway.vendors.own import VENDOR
from gateway.vendors.own.client import EVENTS_PER_PAGE, exchange_token

from .scene import NOW, Asked, account, login, payload, reply

SERVICE, BACKUP, OBJECT, EVENT = map(payload, ("service", "backup", "backup_object", "event"))

HELD: dict[str, list[dict[str, Any]]] = {
    "app1": [{**SERVICE, "id": id} for id in (1, 2, 3)],
    "emea1": [{**SERVICE, "id": 1, "displayed_name": "other@acme.example"}],
}


def services(call: Call) -> Reply:
    """Two regions with services, and an id that both of them have."""
    held = HELD[call.region]
    if call.operation == "services":
        return reply(held)
    id = call.path.rpartition("/")[2]
    found = [one for one in held if str(one["id"]) == id]
    return reply(found[0]) if found else reply(payload("error"), 404)


def connected(answer: Callable[[Call], Reply], *regions: str) -> tuple[Operations, Asked]:
    asked = Asked(answer)
    return VENDOR.connect(asked, account(*(regions or ("app1", "emea1")))), asked


def failing(region: str, status: int) -> Callable[[Call], Reply]:
    def answer(call: Call) -> Reply:
        return reply({}, status) if call.region == region else services(call)

    return answer


def value(outcome: Outcome[Any]) -> Any:
    assert isinstance(outcome, Seen)
    return outcome.value


class TestTheTokenExchange:
    def test_is_the_pages_form_with_the_gap_where_the_token_goes(self) -> None:
        call = exchange_token(account("app1"))

        assert (call.method, call.host, call.path) == (
            "POST",
            "auth",
            "/oauth2/aus4c3z3l8FqrbqDU4h7/v1/token",
        )
        assert call.body == (
            b"grant_type=refresh_token&scope=api%3Aaccess"
            b"&client_id=0oa4c413eq8wwcEzP4h7&refresh_token="
        )
        assert call.gap == len(call.body)
        assert dict(call.headers) == {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }

    def test_its_answer_is_a_secret_and_it_is_neither_cached_nor_shared(self) -> None:
        call = exchange_token(account("app1"))

        assert call.confidential
        assert not call.safe
        assert call.operation not in VENDOR.laws.freshness

    def test_an_accounts_own_client_id_is_sent_instead_and_cannot_add_a_field(self) -> None:
        call = exchange_token(account("app1", client_id="mine&scope=all"))

        assert b"client_id=mine%26scope%3Dall&" in call.body

    def test_the_bearer_signs_by_header(self) -> None:
        placement = VENDOR.laws.schemes["api_token"].placement

        assert repr(placement) == "InHeader(name='Authorization', prefix='Bearer ')"
        assert login().call is exchange_token


class TestListing:
    async def test_every_region_is_asked_once_and_keeps_its_own_ids(self) -> None:
        own, asked = connected(services)
        assert own.list_clients is not None

        listed = await own.list_clients(("app1", "emea1"))

        assert asked.asked == [
            "app1 services /api/v1/services",
            "emea1 services /api/v1/services",
        ]
        assert [one.vendor_id for one in value(listed["app1"])] == ["app1/1", "app1/2", "app1/3"]
        assert [(one.vendor_id, one.values.name) for one in value(listed["emea1"])] == [
            ("emea1/1", "other@acme.example")
        ]

    async def test_a_region_that_fails_leaves_the_other(self) -> None:
        own, _ = connected(failing("emea1", 503))
        assert own.list_clients is not None

        listed = await own.list_clients(("app1", "emea1"))

        assert len(value(listed["app1"])) == 3
        assert isinstance(listed["emea1"], Unavailable)

    async def test_a_404_for_a_list_is_never_an_empty_region(self) -> None:
        own, _ = connected(failing("app1", 404))
        assert own.list_clients is not None

        assert isinstance((await own.list_clients(("app1",)))["app1"], Malformed)

    async def test_an_account_without_regions_is_in_the_first_one(self) -> None:
        asked = Asked(services)
        own = VENDOR.connect(asked, account())
        assert own.list_clients is not None

        assert len(value((await own.list_clients(VENDOR.regions))["app1"])) == 3


class TestClientsById:
    async def test_one_of_a_region_is_asked_for_by_itself(self) -> None:
        own, asked = connected(services)
        assert own.get_clients is not None

        found = await own.get_clients(("app1/2", "emea1/1"))

        assert sorted(asked.asked) == [
            "app1 services/get /api/v1/services/2",
            "emea1 services/get /api/v1/services/1",
        ]
        assert value(found["app1/2"]).name == "ops@acme.example"
        assert value(found["emea1/1"]).name == "other@acme.example"

    async def test_several_of_a_region_cost_one_list(self) -> None:
        own, asked = connected(services)
        assert own.get_clients is not None

        found = await own.get_clients(("app1/1", "app1/3", "app1/404"))

        assert asked.asked == ["app1 services /api/v1/services"]
        assert value(found["app1/1"]).status is ClientStatus.ACTIVE
        assert value(found["app1/3"]).status is ClientStatus.ACTIVE
        assert found["app1/404"] is None

    async def test_one_that_is_unknown_is_none(self) -> None:
        own, _ = connected(services)
        assert own.get_clients is not None

        assert await own.get_clients(("app1/404",)) == {"app1/404": None}

    async def test_a_region_that_fails_fails_for_its_own_ids_only(self) -> None:
        own, _ = connected(failing("app1", 403))
        assert own.get_clients is not None

        found = await own.get_clients(("app1/1", "app1/2", "emea1/1"))

        assert isinstance(found["app1/1"], CapabilityMissing)
        assert isinstance(found["app1/2"], CapabilityMissing)
        assert value(found["emea1/1"]).name == "other@acme.example"

    async def test_the_same_id_twice_is_asked_for_once(self) -> None:
        own, asked = connected(services)
        assert own.get_clients is not None

        await own.get_clients(("app1/1", "app1/1"))

        assert asked.asked == ["app1 services/get /api/v1/services/1"]

    async def test_values_know_when_the_vendor_gave_them(self) -> None:
        own, _ = connected(services)
        assert own.get_clients is not None

        for outcome in (await own.get_clients(("app1/1", "app1/2", "emea1/1"))).values():
            assert isinstance(outcome, Seen)
            assert outcome.provenance.as_of == NOW

    @pytest.mark.parametrize(
        "vendor_id",
        [
            "",
            "1",
            "app1",
            "app1/",
            "/1",
            "uk1/1",
            "evil.example/x?/1",
            "app1/../jobs",
            "app1/1/backups",
            "app1/1?x=1",
            "app1/last",
            "app1/٣",
            "app1/1\r\n",
        ],
    )
    async def test_an_id_that_is_not_of_this_account_reaches_no_host(self, vendor_id: str) -> None:
        own, asked = connected(services)
        assert own.get_clients is not None

        found = await own.get_clients((vendor_id, "app1/1"))

        assert isinstance(found[vendor_id], BadInput)
        assert value(found["app1/1"]).name == "ops@acme.example"
        assert {call.region for call in asked.calls} == {"app1"}
        assert {call.path for call in asked.calls} <= {"/api/v1/services", "/api/v1/services/1"}

    @given(ids=st.lists(st.text(max_size=12) | st.sampled_from(["app1/1", "emea1/1", "app1/9"])))
    async def test_every_key_has_an_outcome_and_a_region_costs_at_most_one_call(
        self, ids: list[str]
    ) -> None:
        own, asked = connected(services)
        assert own.get_clients is not None

        found = await own.get_clients(ids)

        assert set(found) == set(ids)
        assert len(asked.calls) <= 2


class TestBackups:
    async def test_a_services_backups_are_read_where_it_lives(self) -> None:
        own, asked = connected(lambda call: reply([BACKUP]))
        assert own.backups_of is not None

        found = await own.backups_of(("app1/1", "emea1/1"))

        assert asked.asked == [
            "app1 backups /api/v1/services/1/backups",
            "emea1 backups /api/v1/services/1/backups",
        ]
        assert [one.vendor_id for one in value(found["emea1/1"])] == ["99001"]

    async def test_the_last_backup_is_asked_for_by_that_word(self) -> None:
        own, asked = connected(lambda call: reply(BACKUP))
        assert own.last_backups is not None

        found = await own.last_backups(("app1/1",))

        assert asked.asked == ["app1 backups/get /api/v1/services/1/backups/last"]
        assert value(found["app1/1"]).vendor_id == "99001"

    async def test_there_is_no_last_backup_yet(self) -> None:
        own, _ = connected(lambda call: reply(payload("error"), 404))
        assert own.last_backups is not None

        assert await own.last_backups(("app1/1",)) == {"app1/1": None}

    async def test_a_backups_objects_are_asked_for_by_service_and_backup(self) -> None:
        own, asked = connected(lambda call: reply([OBJECT]))
        assert own.backup_objects_of is not None

        found = await own.backup_objects_of((("app1/1", "99001"),))

        assert asked.asked == ["app1 backups/objects /api/v1/services/1/backups/99001/objects"]
        assert [one.name for one in value(found["app1/1", "99001"])] == ["accounts"]

    @pytest.mark.parametrize("backup", ["", "last", "../../jobs", "1/objects"])
    async def test_a_backup_that_is_no_number_is_not_asked_for(self, backup: str) -> None:
        own, asked = connected(lambda call: reply([OBJECT]))
        assert own.backup_objects_of is not None

        found = await own.backup_objects_of((("app1/1", backup),))

        assert isinstance(found["app1/1", backup], BadInput)
        assert asked.calls == []


class TestEvents:
    """Regions are told one after another, in the account's order."""

    @staticmethod
    def recorded(**counts: int) -> Callable[[Call], Reply]:
        def answer(call: Call) -> Reply:
            since = int(dict(call.query).get("from", "0"))
            later = range(since + 1, counts[call.region] + 1)
            page = [{**EVENT, "event_id": id} for id in later[:EVENTS_PER_PAGE]]
            return reply(page)

        return answer

    @staticmethod
    def events_of(own: Operations) -> Callable[[str | None], Any]:
        assert own.events is not None
        return own.events

    async def test_from_the_beginning_all_regions_follow_one_another(self) -> None:
        own, asked = connected(self.recorded(app1=2, emea1=1))

        seen = await self.events_of(own)(None)

        assert [event.vendor_id for event in seen.value] == ["app1/1", "app1/2", "emea1/1"]
        assert asked.asked == ["app1 events /api/v1/events", "emea1 events /api/v1/events"]

    async def test_after_an_event_its_region_goes_on_and_later_ones_begin(self) -> None:
        own, asked = connected(self.recorded(app1=3, emea1=1))

        seen = await self.events_of(own)("app1/2")

        assert [event.vendor_id for event in seen.value] == ["app1/3", "emea1/1"]
        assert asked.asked == [
            "app1 events /api/v1/events?from=2",
            "emea1 events /api/v1/events",
        ]

    async def test_after_an_event_of_the_last_region_the_others_are_left_alone(self) -> None:
        own, asked = connected(self.recorded(app1=3, emea1=2))

        seen = await self.events_of(own)("emea1/1")

        assert [event.vendor_id for event in seen.value] == ["emea1/2"]
        assert asked.asked == ["emea1 events /api/v1/events?from=1"]

    async def test_a_full_page_is_answered_alone(self) -> None:
        own, asked = connected(self.recorded(app1=EVENTS_PER_PAGE + 1, emea1=1))

        first = await self.events_of(own)(None)
        second = await self.events_of(own)(first.value[-1].vendor_id)

        assert len(first.value) == EVENTS_PER_PAGE
        assert [event.vendor_id for event in second.value] == ["app1/1001", "emea1/1"]
        assert len(asked.calls) == 3

    async def test_following_the_last_cursor_tells_each_event_once_and_then_nothing(self) -> None:
        own, _ = connected(self.recorded(app1=2500, emea1=1000))
        told: list[str] = []

        while page := (await self.events_of(own)(told[-1] if told else None)).value:
            told += [event.vendor_id for event in page]

        assert told == [
            *(f"app1/{id}" for id in range(1, 2501)),
            *(f"emea1/{id}" for id in range(1, 1001)),
        ]

    async def test_a_region_that_fails_is_told_once_nothing_comes_before_it(self) -> None:
        def answer(call: Call) -> Reply:
            return self.recorded(app1=1)(call) if call.region == "app1" else reply({}, 503)

        own, _ = connected(answer)

        assert [one.vendor_id for one in (await self.events_of(own)(None)).value] == ["app1/1"]
        with pytest.raises(Unavailable):
            await self.events_of(own)("app1/1")

    @pytest.mark.parametrize("after", ["", "1", "uk1/1", "app1/x", "app1/1&x=1"])
    async def test_a_cursor_that_is_not_of_this_account_asks_nobody(self, after: str) -> None:
        own, asked = connected(self.recorded(app1=1, emea1=1))

        with pytest.raises(BadInput) as refusal:
            await self.events_of(own)(after)

        assert refusal.value.field == ("after",)
        assert asked.calls == []


class TestVerifying:
    async def test_a_good_token_costs_one_list_of_the_first_region_that_no_cache_answers(
        self,
    ) -> None:
        own, asked = connected(services)

        (verified,) = await own.verify()

        assert asked.asked == ["app1 services /api/v1/services"]
        assert not asked.calls[0].safe
        assert (verified.slot, verified.holder, verified.failure) == ("api_token", "", None)

    async def test_what_stood_in_its_way_is_told(self) -> None:
        own, _ = connected(failing("app1", 401))

        (verified,) = await own.verify()

        assert isinstance(verified.failure, CredentialRefused)


class TestFacts:
    def test_no_call_names_anything_but_its_slot(self) -> None:
        assert [slot.name for slot in VENDOR.slots] == ["api_token"]
        assert VENDOR.options == ("client_id",)

    def test_the_token_law_is_the_guides(self) -> None:
        (law,) = VENDOR.token_laws

        assert (law.expires_after_days, law.max_live_per_holder) == (180, 1)
        assert law.revoke_first
        assert law.shown_once

    def test_what_the_vendor_cannot_is_explained(self) -> None:
        own, _ = connected(services)

        assert (own.get_links, own.list_tokens, own.logins) == (None, None, None)
        for name in ("link", "tokens", "VendorAccount.logins"):
            assert VENDOR.support[name].level is not SupportLevel.LIVE
            assert VENDOR.support[name].reason
