"""Our changes as AgencyAccess's payloads: pure, and refused before anything is sent."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from gateway.domain.changes import (
    BrontoPatch,
    ClientPatch,
    ClientUpdate,
    EntryPatch,
    LinkUpdate,
    NewClient,
    NewLink,
)
from gateway.domain.failures import BadInput, ContractBroken
from gateway.domain.model import ClientValues, Entry, LinkedAccount, LinkService
from gateway.upstream.exchange import Reply
from gateway.vendors import load
from gateway.vendors.agencyaccess import VENDOR, mapping

SEED, NEWER = mapping.DIALECTS["seed"], mapping.DIALECTS["newer"]
LANGUAGES = ("English", "Spanish", "Dutch")
ADS = LinkService(platform="Google", service="Google Ads", access_level="ADMIN")
ANA = NewClient(name="Ana Ruiz", email="ana@example.org", language="Spanish")


def reply(data: Any) -> Reply:
    return Reply(200, json.dumps({"error": False, "data": data}).encode(), at=datetime.now(UTC))


def refusal(write: Any, *arguments: Any) -> BadInput:
    """The refusal of an input, of which nothing was sent."""
    with pytest.raises(BadInput) as refused:
        write(*arguments)
    assert refused.value.sent is False
    assert refused.value.vendor is VENDOR.name
    return refused.value


words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).filter(str.strip)
optional = st.none() | st.just("") | words
entries = st.dictionaries(words, st.text(max_size=5), max_size=4)


def as_entries(metadata: dict[str, str]) -> tuple[Entry, ...]:
    return tuple(Entry(key, value) for key, value in metadata.items())


# ── Clients ───────────────────────────────────────────────────────────────────────────────────


class TestANewClient:
    @pytest.mark.case(4)
    def test_is_what_the_page_shows_with_the_mark_in_its_metadata(self) -> None:
        new = NewClient(
            name="Ana Ruiz",
            email="ana@example.org",
            language="Spanish",
            company="Ruiz SL",
            website="https://ruiz.example",
            metadata=(Entry("crm", "42"),),
        )
        assert mapping.new_client(new, "gw-intent-7") == {
            "name": "Ana Ruiz",
            "email": "ana@example.org",
            "language": "Spanish",
            "company": "Ruiz SL",
            "website": "https://ruiz.example",
            "metadata": {"crm": "42", "gateway_intent": "gw-intent-7"},
        }

    @pytest.mark.case(5)
    @pytest.mark.parametrize("field", ["name", "email", "language"])
    @pytest.mark.parametrize("value", [None, "", "  "])
    def test_needs_three_fields(self, field: str, value: str | None) -> None:
        given = {"name": "Ana", "email": "a@example.org", "language": "Dutch", field: value}
        assert refusal(mapping.new_client, NewClient(**given), "m").field == (field,)  # type: ignore[arg-type]

    @pytest.mark.case(6)
    @pytest.mark.parametrize("language", ["english", "French", "English ", "EN"])
    def test_speaks_one_of_three_languages_spelled_exactly(self, language: str) -> None:
        new = NewClient(name="Ana", email="a@example.org", language=language)
        refused = refusal(mapping.new_client, new, "m")
        assert refused.field == ("language",)
        assert all(known in refused.message for known in LANGUAGES)

    def test_cannot_forge_the_mark(self) -> None:
        new = NewClient(
            name="Ana",
            email="a@example.org",
            language="Dutch",
            metadata=(Entry("gateway_intent", "gw-intent-1"),),
        )
        assert refusal(mapping.new_client, new, "m").field == ("metadata",)

    def test_has_each_entry_once_and_nothing_of_brontos(self) -> None:
        twice = NewClient(
            name="Ana",
            email="a@example.org",
            language="Dutch",
            metadata=(Entry("a", "1"), Entry("a", "2")),
        )
        assert refusal(mapping.new_client, twice, "m").field == ("metadata",)
        bronto = NewClient(
            name="Ana", email="a@example.org", language="Dutch", bronto=BrontoPatch(locale="nl")
        )
        assert refusal(mapping.new_client, bronto, "m").field == ("bronto",)

    @pytest.mark.case(7)
    @given(name=words, company=optional, metadata=entries)
    def test_holds_texts_only_and_none_that_is_unset(
        self, name: str, company: str | None, metadata: dict[str, str]
    ) -> None:
        new = NewClient(
            name=name,
            email="a@example.org",
            language="Dutch",
            company=company,
            metadata=as_entries(metadata),
        )
        body = mapping.new_client(new, "m")
        assert body["metadata"] == {**metadata, "gateway_intent": "m"}
        assert all(isinstance(value, str) for value in body["metadata"].values())
        assert ("company" in body) is bool(company)
        assert all(isinstance(body[key], str) and body[key] for key in set(body) - {"metadata"})


currents = st.builds(
    ClientValues,
    name=words,
    email=words,
    company=st.none() | words,
    website=st.none() | words,
    language=st.sampled_from(LANGUAGES),
    metadata=entries.map(as_entries),
)
patches = st.builds(
    ClientPatch,
    name=st.just(UNSET) | words,
    email=st.just(UNSET) | words,
    company=st.just(UNSET) | optional,
    website=st.just(UNSET) | optional,
    language=st.just(UNSET) | st.sampled_from(LANGUAGES),
    metadata=st.dictionaries(words, st.none() | st.text(max_size=5), max_size=3).map(
        lambda patch: tuple(EntryPatch(key, value) for key, value in patch.items())
    ),
)


def as_held(values: ClientValues) -> dict[str, Any]:
    """A client as the vendor holds it."""
    texts = {name: getattr(values, name) or "" for name in ("name", "email", "company", "website")}
    metadata = {entry.key: entry.value for entry in values.metadata}
    return {"id": "c1", **texts, "language": values.language, "metadata": metadata}


class TestAnUpdateOfAClient:
    @pytest.mark.case(9)
    @given(current=currents, patch=patches, absent_stays=st.booleans())
    def test_makes_the_same_client_whatever_absent_fields_mean(
        self, current: ClientValues, patch: ClientPatch, absent_stays: bool
    ) -> None:
        update = ClientUpdate(vendor_id="c1", current=current, patch=patch)
        body = mapping.client_update(update)
        base = as_held(current) if absent_stays else as_held(ClientValues())
        after = mapping.client(reply({**base, **body}))
        for name in ("name", "email", "company", "website", "language"):
            wanted = getattr(patch, name)
            left = getattr(current, name) if wanted is UNSET else wanted
            assert getattr(after, name) == (left or None)
        assert mapping.has_update(update, after)

    @given(current=currents, patch=patches)
    def test_is_not_there_while_the_client_is_another(
        self, current: ClientValues, patch: ClientPatch
    ) -> None:
        update = ClientUpdate(vendor_id="c1", current=current, patch=patch)
        other = mapping.client(reply({**mapping.client_update(update), "name": "Someone else!"}))
        assert not mapping.has_update(update, other)

    def test_sends_the_whole_client_and_an_empty_text_for_what_is_cleared(self) -> None:
        current = ClientValues(
            name="Ana",
            email="a@example.org",
            company="Ruiz",
            language="Dutch",
            metadata=(Entry("gateway_intent", "gw-intent-3"), Entry("a", "1"), Entry("b", "2")),
        )
        patch = ClientPatch(
            company=None, metadata=(EntryPatch("a", None), EntryPatch("c", "3")), name="Anna"
        )
        update = ClientUpdate(vendor_id="c1", current=current, patch=patch)
        assert mapping.client_update(update) == {
            "id": "c1",
            "name": "Anna",
            "email": "a@example.org",
            "company": "",
            "language": "Dutch",
            "metadata": {"gateway_intent": "gw-intent-3", "b": "2", "c": "3"},
        }

    @pytest.mark.parametrize("field", ["name", "email", "language"])
    @pytest.mark.parametrize("value", [None, "", " "])
    def test_cannot_clear_what_every_client_has(self, field: str, value: str | None) -> None:
        update = ClientUpdate(
            vendor_id="c1",
            current=ClientValues(name="Ana"),
            patch=ClientPatch(**{field: value}),  # type: ignore[arg-type]
        )
        assert refusal(mapping.client_update, update).field == (field,)

    @pytest.mark.parametrize(
        ("patch", "field"),
        [
            (ClientPatch(language="French"), "language"),
            (ClientPatch(active=False), "active"),
            (ClientPatch(metadata=(EntryPatch("gateway_intent", None),)), "metadata"),
            (ClientPatch(metadata=(EntryPatch("a", "1"), EntryPatch("a", None))), "metadata"),
        ],
    )
    def test_is_refused_by_the_field_that_cannot_be(self, patch: ClientPatch, field: str) -> None:
        update = ClientUpdate(vendor_id="c1", current=ClientValues(name="Ana"), patch=patch)
        assert refusal(mapping.client_update, update).field == (field,)


# ── Links ─────────────────────────────────────────────────────────────────────────────────────

accounts = st.builds(LinkedAccount, words, st.none() | words)
services = st.lists(
    st.builds(
        LinkService,
        platform=words,
        service=words,
        access_level=st.none() | st.sampled_from(["ADMIN", "READ_ONLY", "Boss"]),
        requested=st.booleans(),
        linked_accounts=st.lists(accounts, max_size=2).map(tuple),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda one: (one.platform, one.service),
).map(tuple)


class TestANewLink:
    def test_is_what_the_page_shows(self) -> None:
        new = NewLink(
            client_vendor_id="c7",
            services=(
                LinkService(
                    platform="Google",
                    service="Google Ads",
                    access_level="Admin",
                    linked_accounts=(LinkedAccount("acc_1", "mcc_9"),),
                ),
                LinkService(platform="Meta", service="Instagram", requested=False),
            ),
            intake_form=True,
            redirect_url="https://ruiz.example/thanks",
        )
        body: dict[str, Any] = {
            "clientID": "c7",
            "intakeForm": True,
            "sendEmail": False,
            "retainTokens": False,
        }
        asked = {
            "Google": {
                "Google Ads": {
                    "accessLevel": "ADMIN",
                    "requested": True,
                    "requestedAccountLinks": [
                        {"internalAccountID": "acc_1", "googleAdsMCCAccountID": "mcc_9"}
                    ],
                }
            },
            "Meta": {"Instagram": {"requested": False, "requestedAccountLinks": []}},
        }
        redirect = "ruiz.example/thanks"
        assert mapping.new_link(new, SEED) == {
            **body,
            "requestedAccounts": asked,
            "redirect": redirect,
        }
        assert mapping.new_link(new, NEWER) == {
            **body,
            "requestedServices": asked,
            "redirectURL": redirect,
        }

    @pytest.mark.case(15)
    @pytest.mark.parametrize(
        "redirect", ["http://x.example", "x.example", "ftp://x.example", "https://", "https:// "]
    )
    def test_redirects_to_https_only(self, redirect: str) -> None:
        new = NewLink(client_vendor_id="c7", services=(ADS,), redirect_url=redirect)
        assert refusal(mapping.new_link, new, SEED).field == ("redirectUrl",)

    @given(rest=words)
    @pytest.mark.case(15)
    def test_is_told_where_it_redirects_as_it_was_given(self, rest: str) -> None:
        new = NewLink(client_vendor_id="c7", services=(ADS,), redirect_url=f"https://{rest}")
        assert mapping.new_link(new, SEED)["redirect"] == rest

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ((), ("services",)),
            ((ADS, ADS), ("services", "1", "service")),
            ((ADS, LinkService(platform=" ", service="x")), ("services", "1", "platform")),
            ((LinkService(platform="Google", service=""),), ("services", "0", "service")),
            (
                (
                    LinkService(
                        platform="Meta",
                        service="Meta Ads",
                        linked_accounts=(LinkedAccount("a"), LinkedAccount("")),
                    ),
                ),
                ("services", "0", "linkedAccounts", "1", "internalAccountId"),
            ),
        ],
    )
    def test_asks_for_each_service_once_and_for_one_at_least(
        self, wrong: tuple[LinkService, ...], field: tuple[str, ...]
    ) -> None:
        new = NewLink(client_vendor_id="c7", services=wrong)
        assert refusal(mapping.new_link, new, SEED).field == field
        update = LinkUpdate(vendor_id="l1", services=wrong)
        assert refusal(mapping.link_update, update, SEED).field == field


class TestAnUpdateOfALink:
    @given(asked=services, dialect=st.sampled_from([SEED, NEWER]))
    def test_names_the_link_and_the_services_alone_and_is_found_again(
        self, asked: tuple[LinkService, ...], dialect: mapping.Dialect
    ) -> None:
        body = mapping.link_update(LinkUpdate(vendor_id="l1", services=asked), dialect)
        assert set(body) == {"id", dialect.services}
        read = mapping.link(reply({**body, "clientID": "c1"}))
        assert {one.service for one in read.services} == {one.service for one in asked}
        assert mapping.has_services(asked, read)

    @pytest.mark.parametrize(
        "other",
        [
            LinkService(platform="Google", service="Google Ads", access_level="READ_ONLY"),
            LinkService(
                platform="Google", service="Google Ads", access_level="ADMIN", requested=False
            ),
            LinkService(
                platform="Google",
                service="Google Ads",
                access_level="ADMIN",
                linked_accounts=(LinkedAccount("acc_1"),),
            ),
            LinkService(platform="Meta", service="Google Ads", access_level="ADMIN"),
        ],
    )
    def test_is_not_there_while_a_service_is_asked_for_otherwise(self, other: LinkService) -> None:
        body = mapping.link_update(LinkUpdate(vendor_id="l1", services=(ADS,)), SEED)
        assert not mapping.has_services((other,), mapping.link(reply({**body, "clientID": "c1"})))

    def test_is_there_whether_or_not_it_was_granted(self) -> None:
        body = mapping.link_update(LinkUpdate(vendor_id="l1", services=(ADS,)), SEED)
        body["requestedAccounts"]["Google"]["Google Ads"] |= {
            "granted": True,
            "accessLevel": "Admin",
        }
        assert mapping.has_services((ADS,), mapping.link(reply({**body, "clientID": "c1"})))


# ── Words ─────────────────────────────────────────────────────────────────────────────────────


class TestRemarks:
    def test_name_each_service_and_level_that_the_guide_does_not_know(self) -> None:
        asked = (
            ADS,
            LinkService(platform="Gopher", service="Gopher Ads"),
            LinkService(platform="Meta", service="Google Ads"),
            LinkService(platform="Meta", service="Meta Ads", access_level="Boss"),
            LinkService(platform="Meta", service="Instagram", access_level="Admin"),
        )
        told = mapping.remarks(asked, VENDOR.platforms)
        assert len(told) == 3
        for sentence, named in zip(told, ("Gopher Ads of Gopher", "of Meta", "Boss"), strict=True):
            assert named in sentence
            assert sentence.endswith(".")

    def test_are_none_on_what_the_builder_offers(self) -> None:
        offered = [
            LinkService(platform=platform.name, service=service.name, access_level=level)
            for platform in VENDOR.platforms
            for service in platform.services
            for level in service.access_levels or (None,)
        ]
        assert mapping.remarks(offered, VENDOR.platforms) == ()


class TestWhatWasMade:
    @pytest.mark.case(27)
    @pytest.mark.parametrize(
        ("data", "address"),
        [
            ("lk1", None),
            ({"id": "lk1"}, None),
            ({"id": "lk1", "inviteUrl": "https://x.example/i"}, "https://x.example/i"),
            ({"request": {"id": "lk1"}, "inviteUrl": "https://x.example/i"}, "https://x.example/i"),
            ({"request": {"id": "lk1", "inviteUrl": "https://x.example/i"}}, "https://x.example/i"),
            ({"id": "lk1", "client": {"id": "c1"}}, None),
            ({"id": "lk1", "inviteUrl": None}, None),
            ({"id": "lk1", "inviteUrl": "javascript:alert(1)"}, None),
            ({"id": "lk1", "inviteUrl": "http://x.example/i"}, None),
        ],
    )
    def test_is_read_in_either_dialect(self, data: Any, address: str | None) -> None:
        made = mapping.made(reply(data))
        assert (made.vendor_id, made.invite_url) == ("lk1", address)

    @pytest.mark.parametrize(
        "data",
        [None, "", 7, [], ["lk1"], {}, {"id": ""}, {"id": 7}, {"a": {"id": "1"}, "b": {"id": "2"}}],
    )
    def test_is_unknown_without_one_id_that_can_be_read(self, data: Any) -> None:
        with pytest.raises(ContractBroken):
            mapping.made(reply(data))

    @given(
        data=st.recursive(
            st.none() | st.booleans() | st.text(),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["id", "request", "inviteUrl"]), inner, max_size=3
                )
            ),
            max_leaves=8,
        )
    )
    def test_is_an_id_or_breaks_the_contract(self, data: Any) -> None:
        try:
            made = mapping.made(reply(data))
        except ContractBroken:
            return
        assert made.vendor_id
        assert (made.invite_url or "https://").lower().startswith("https://")


@pytest.mark.case(27)
def test_a_link_is_read_in_either_dialect() -> None:
    asked = {"Google": {"Google Ads": {"accessLevel": "Admin"}}}
    seed = {"id": "l1", "clientID": "c1", "requestedAccounts": asked, "redirect": "x.example"}
    newer = {"id": "l1", "clientID": "c1", "requestedServices": asked, "redirectURL": "x.example"}
    assert mapping.link(reply(seed)) == mapping.link(reply(newer))


def test_an_unknown_dialect_is_refused_by_those_that_are_known() -> None:
    failure = refusal(mapping.dialect, "klingon")
    assert all(name in failure.message for name in mapping.DIALECTS)


def test_the_builder_knows_all_names_of_the_guide_and_no_service_twice() -> None:
    platforms = load(VENDOR.name).platforms
    names = [service.name for platform in platforms for service in platform.services]
    assert len(names) == len(set(names)) == 41
    assert len({platform.name for platform in platforms}) == len(platforms)
    for known in ("Google Ads", "DV360", "Microsoft Ads (Bing)", "Lightspeed (C-Series)", "Hotjar"):
        assert known in names
    assert {"ADMIN", "READ_ONLY"} == {
        level for one in platforms for service in one.services for level in service.access_levels
    }
