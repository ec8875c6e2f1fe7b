"""AgencyAccess's payloads as our values: the page's examples, a link's status, and the rest."""

import json
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.failures import ContractBroken, Malformed
from gateway.domain.model import (
    ClientStatus,
    ClientValues,
    Entry,
    IntakeForm,
    LinkedAccount,
    LinkService,
    LinkStatus,
    LinkValues,
    Recipient,
)
from gateway.domain.vendor import VendorName
from gateway.upstream.exchange import Reply
from gateway.vendors.agencyaccess import mapping

CREATED = datetime(2025, 3, 14, 11, 19, 30, 10_000, tzinfo=UTC)

CLIENT: dict[str, Any] = {
    "id": "c7Hq2LmTz0aB91kXvR3d",
    "name": "Ana Ruiz",
    "email": "ana@example.org",
    "company": "Ruiz SL",
    "website": "https://ruiz.example",
    "language": "Spanish",
    "type": "Client",
    "created": 1741951170010,
    "metadata": {"crm": "42", "note": ""},
}
LINK: dict[str, Any] = {
    "id": "lk4T0wq8ZrP2sVnB61Yc",
    "clientID": "c7Hq2LmTz0aB91kXvR3d",
    "created": 1741951170010,
    "lastReminderTimestamp": 1741951170010,
    "cc": [{"name": "Bo", "email": "bo@example.org"}],
    "requestedAccounts": {
        "Google": {
            "Google Ads": {
                "accessLevel": "Admin",
                "requested": True,
                "granted": True,
                "skipped": False,
                "requestedAccountLinks": [
                    {"internalAccountID": "acc_1", "googleAdsMCCAccountID": "mcc_9"}
                ],
            }
        },
        "Meta": {"Meta Ads": {"accessLevel": "READ_ONLY", "granted": False, "skipped": False}},
    },
    "intakeForm": {"requested": True, "complete": False},
    "redirect": "ruiz.example/thanks",
    "thankYouMessage": "Thank you",
    "staticLinkRef": "st_1",
    "retainTokens": False,
}


def reply(data: Any) -> Reply:
    return Reply(200, json.dumps({"error": False, "data": data}).encode(), at=CREATED)


def link(**changed: Any) -> LinkValues:
    return mapping.link(reply({**LINK, **changed}))


def told(example: dict[str, Any], field: str, value: object) -> dict[str, Any]:
    """The example with a field set to a value, or absent."""
    rest = {key: kept for key, kept in example.items() if key != field}
    return rest if value == "absent" else {**rest, field: value}


class TestThePagesExamples:
    def test_a_client(self) -> None:
        assert mapping.client(reply(CLIENT)) == ClientValues(
            name="Ana Ruiz",
            email="ana@example.org",
            company="Ruiz SL",
            website="https://ruiz.example",
            language="Spanish",
            status=ClientStatus.ACTIVE,
            kind="Client",
            created_at=CREATED,
            metadata=(Entry("crm", "42"), Entry("note", "")),
        )

    def test_a_link(self) -> None:
        assert link() == LinkValues(
            client_vendor_id="c7Hq2LmTz0aB91kXvR3d",
            status=LinkStatus.PARTIAL,
            services=(
                LinkService(
                    platform="Google",
                    service="Google Ads",
                    access_level="ADMIN",
                    granted=True,
                    linked_accounts=(LinkedAccount("acc_1", "mcc_9"),),
                ),
                LinkService(platform="Meta", service="Meta Ads", access_level="READ_ONLY"),
            ),
            intake_form=IntakeForm(requested=True, complete=False),
            cc=(Recipient("bo@example.org", "Bo"),),
            created_at=CREATED,
            last_reminder_at=CREATED,
            redirect_url="https://ruiz.example/thanks",
            thank_you_message="Thank you",
            retain_tokens=False,
            static_link_ref="st_1",
            invite_url=None,
        )

    def test_the_newer_dialects_invite_address_is_told(self) -> None:
        assert link(inviteUrl="https://x.example/i").invite_url == "https://x.example/i"

    def test_an_invite_address_that_could_run_in_a_browser_is_not_told(self) -> None:
        assert link(inviteUrl="javascript:alert(1)").invite_url is None


class TestUnset:
    """Whether unset optionals are absent, null or empty is not documented: all three are alike."""

    @pytest.mark.case(28)
    @pytest.mark.parametrize("field", sorted(set(CLIENT) - {"id", "name"}))
    def test_on_a_client(self, field: str) -> None:
        read = [mapping.client(reply(told(CLIENT, field, value))) for value in ("absent", None, "")]

        assert read[0] == read[1] == read[2]

    @pytest.mark.case(28)
    @pytest.mark.parametrize("field", sorted(set(LINK) - {"id", "clientID", "requestedAccounts"}))
    def test_on_a_link(self, field: str) -> None:
        read = [mapping.link(reply(told(LINK, field, value))) for value in ("absent", None, "")]

        assert read[0] == read[1] == read[2]

    @pytest.mark.parametrize(
        "value", [{}, {"requested": None}, {"requested": None, "complete": None}]
    )
    def test_within_the_intake_form(self, value: dict[str, Any]) -> None:
        assert link(intakeForm=value).intake_form == IntakeForm(requested=False, complete=False)

    def test_within_a_service(self) -> None:
        bare = link(requestedAccounts={"Google": {"Google Ads": {}}})
        nulls = dict.fromkeys(
            ("accessLevel", "requested", "granted", "skipped", "requestedAccountLinks")
        )

        assert bare == link(requestedAccounts={"Google": {"Google Ads": nulls}})
        assert bare.services == (LinkService(platform="Google", service="Google Ads"),)

    def test_an_empty_name_is_none(self) -> None:
        assert mapping.client(reply({**CLIENT, "name": ""})).name is None


services = st.builds(
    LinkService,
    platform=st.just("Google"),
    service=st.text(max_size=3),
    requested=st.booleans(),
    granted=st.booleans(),
    skipped=st.booleans(),
)
intakes = st.none() | st.builds(IntakeForm, st.booleans(), st.booleans())


def law(asked: list[LinkService], intake: IntakeForm | None) -> LinkStatus:
    """The architecture page's section 4, word for word."""
    granted = [service.granted for service in asked]
    skipped = [service.skipped and not service.granted for service in asked]
    if not asked:
        return LinkStatus.PENDING
    if all(granted) and (intake is None or not intake.requested or intake.complete):
        return LinkStatus.COMPLETE
    if all(skipped):
        return LinkStatus.SKIPPED
    if any(granted) or any(skipped):
        return LinkStatus.PARTIAL
    return LinkStatus.PENDING


class TestTheStatusOfALink:
    @given(told=st.lists(services, max_size=5).map(tuple), intake=intakes)
    def test_follows_the_law_over_the_requested_services(
        self, told: tuple[LinkService, ...], intake: IntakeForm | None
    ) -> None:
        asked = [service for service in told if service.requested]

        assert mapping.link_status(told, intake) is law(asked, intake)

    @pytest.mark.parametrize(("granted", "skipped"), list(product([True, False], repeat=2)))
    def test_granted_wins_over_skipped(self, granted: bool, skipped: bool) -> None:
        service = LinkService(
            platform="Google", service="Google Ads", granted=granted, skipped=skipped
        )
        expected = {
            (True, True): LinkStatus.COMPLETE,
            (True, False): LinkStatus.COMPLETE,
            (False, True): LinkStatus.SKIPPED,
            (False, False): LinkStatus.PENDING,
        }

        assert mapping.link_status((service,), None) is expected[granted, skipped]

    def test_all_granted_waits_for_a_requested_intake_form(self) -> None:
        service = LinkService(platform="Google", service="Google Ads", granted=True)

        found = [
            mapping.link_status((service,), intake)
            for intake in (
                None,
                IntakeForm(False, False),
                IntakeForm(True, False),
                IntakeForm(True, True),
            )
        ]

        assert found == [
            LinkStatus.COMPLETE,
            LinkStatus.COMPLETE,
            LinkStatus.PARTIAL,
            LinkStatus.COMPLETE,
        ]

    @pytest.mark.parametrize(
        "accounts", [{}, {"Google": {}}, {"Google": {"X": {"requested": False}}}]
    )
    def test_nothing_requested_is_pending(self, accounts: dict[str, Any]) -> None:
        assert link(requestedAccounts=accounts).status is LinkStatus.PENDING

    def test_a_service_that_does_not_say_whether_it_is_requested_is(self) -> None:
        (service,) = link(requestedAccounts={"Meta": {"Meta Ads": {"granted": True}}}).services

        assert service.requested


class TestAccessLevels:
    @pytest.mark.case(17)
    @pytest.mark.parametrize(
        ("raw", "read"),
        [
            ("ADMIN", "ADMIN"),
            ("Admin", "ADMIN"),
            ("admin", "ADMIN"),
            ("READ_ONLY", "READ_ONLY"),
            ("Read Only", "READ_ONLY"),
            ("ReadOnly", "READ_ONLY"),
            ("Standard", "Standard"),
            ("", None),
            (None, None),
        ],
    )
    def test_are_spelled_as_the_builder_does(self, raw: str | None, read: str | None) -> None:
        assert mapping.access_level(raw) == read

    @given(raw=st.text(min_size=1))
    def test_that_nobody_knows_are_kept_as_they_are(self, raw: str) -> None:
        assert mapping.access_level(raw) in (raw, "ADMIN", "READ_ONLY")

    @given(raw=st.sampled_from(["admin", "read_only", "read only"]), data=st.data())
    def test_are_known_in_any_letter_case(self, raw: str, data: st.DataObject) -> None:
        upper = data.draw(st.lists(st.booleans(), min_size=len(raw), max_size=len(raw)))
        mixed = "".join(c.upper() if up else c for c, up in zip(raw, upper, strict=True))

        assert mapping.access_level(mixed) == mapping.access_level(raw.upper())


class TestTimes:
    @pytest.mark.case(24)
    @given(milliseconds=st.integers(0, 253_402_300_799_999))
    def test_are_exact_to_the_millisecond_in_utc(self, milliseconds: int) -> None:
        created = mapping.client(reply({**CLIENT, "created": milliseconds})).created_at

        assert created is not None
        assert created.tzinfo is UTC
        assert created - datetime(1970, 1, 1, tzinfo=UTC) == timedelta(milliseconds=milliseconds)

    @pytest.mark.parametrize("milliseconds", [10**15, -(10**15), 10**30, -(10**30)])
    def test_beyond_the_calendar_break_the_contract(self, milliseconds: int) -> None:
        with pytest.raises(ContractBroken):
            mapping.client(reply({**CLIENT, "created": milliseconds}))


class TestRedirect:
    @pytest.mark.parametrize(
        ("raw", "read"),
        [
            ("ruiz.example/thanks", "https://ruiz.example/thanks"),
            ("https://ruiz.example", "https://ruiz.example"),
            ("http://ruiz.example", "https://ruiz.example"),
            ("HTTPS://ruiz.example", "https://ruiz.example"),
            ("", None),
            (None, None),
        ],
    )
    def test_is_told_with_its_scheme(self, raw: str | None, read: str | None) -> None:
        assert link(redirect=raw).redirect_url == read

    @given(raw=st.text(min_size=1))
    def test_is_never_anything_but_https(self, raw: str) -> None:
        assert (link(redirect=raw).redirect_url or "").startswith("https://")


class TestIntake:
    @pytest.mark.case(16)
    @pytest.mark.parametrize("raw", [True, False])
    def test_is_read_as_the_boolean_that_it_is_when_written(self, raw: bool) -> None:
        assert link(intakeForm=raw).intake_form == IntakeForm(requested=raw, complete=False)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


class TestWhatIsBroken:
    @pytest.mark.parametrize(
        ("read", "example", "field"),
        [
            (mapping.client, CLIENT, "id"),
            (mapping.client, CLIENT, "name"),
            (mapping.link, LINK, "id"),
            (mapping.link, LINK, "clientID"),
            (mapping.link, LINK, "requestedAccounts"),
        ],
    )
    def test_what_is_needed_and_missing_is_named(
        self, read: Any, example: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(ContractBroken, match=field) as broken:
            read(reply(told(example, field, "absent")))

        assert broken.value.vendor is VendorName.AGENCYACCESS

    @given(data=json_values)
    def test_any_json_is_read_or_breaks_the_contract(self, data: object) -> None:
        for read in (mapping.client, mapping.link):
            with pytest.raises(ContractBroken):
                read(reply(data))

    @given(data=st.data(), value=json_values)
    def test_a_field_of_any_other_type_is_read_or_named(
        self, data: st.DataObject, value: object
    ) -> None:
        read, example = data.draw(st.sampled_from([(mapping.client, CLIENT), (mapping.link, LINK)]))
        field = data.draw(st.sampled_from(sorted(example)))
        try:
            broken = None
            read(reply({**example, field: value}))
        except ContractBroken as failure:
            broken = failure.message

        assert broken is None or field in broken or "time" in broken

    @pytest.mark.case(28)
    @given(extra=st.dictionaries(st.text(min_size=30), json_values, max_size=3))
    def test_unknown_fields_are_ignored(self, extra: dict[str, Any]) -> None:
        assert mapping.client(reply({**extra, **CLIENT})) == mapping.client(reply(CLIENT))
        assert mapping.link(reply({**extra, **LINK})) == link()

    def test_no_json_is_malformed(self) -> None:
        with pytest.raises(Malformed):
            mapping.client(Reply(200, b"<html>", at=CREATED))
