"""What has to be sent about a link, and where a client may be sent to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.directory.changes.links import absolute, differing, vanished
from gateway.domain.failures import BadInput
from gateway.domain.model import LinkedAccount, LinkService, LinkStatus, LinkValues

names = st.sampled_from(["Google Ads", "Meta Ads", "TikTok Ads"])
services = st.builds(
    LinkService,
    platform=st.just("P"),
    service=names,
    access_level=st.sampled_from([None, "ADMIN", "READ_ONLY"]),
    requested=st.booleans(),
    granted=st.booleans(),
    linked_accounts=st.sampled_from([(), (LinkedAccount("a1"),), (LinkedAccount("a2", "m"),)]),
)
some = st.lists(services, max_size=3, unique_by=lambda each: each.service).map(tuple)


def link(*held: LinkService) -> LinkValues:
    return LinkValues(client_vendor_id="c1", status=LinkStatus.PENDING, services=held)


@given(some)
def test_naming_services_as_they_are_sends_nothing(held: tuple[LinkService, ...]) -> None:
    assert differing(link(*held), held) == ((), False)


@given(some, some)
def test_only_named_services_are_sent_and_what_is_granted_among_them_is_told(
    held: tuple[LinkService, ...], wanted: tuple[LinkService, ...]
) -> None:
    sent, regrant = differing(link(*held), wanted)
    assert {each.service for each in sent} <= {each.service for each in wanted}
    granted = {each.service for each in held if each.granted}
    assert regrant is bool({each.service for each in sent} & granted)
    # Once sent, nothing differs any more.
    after = {each.service: each for each in (*held, *sent)}
    assert differing(link(*after.values()), wanted) == ((), False)


@pytest.mark.parametrize("level", ["Admin", "ADMIN", "admin"])
def test_a_level_spelled_otherwise_is_the_same_level(level: str) -> None:
    held = LinkService(platform="P", service="S", access_level="ADMIN", granted=True)
    wanted = LinkService(platform="P", service="S", access_level=level)
    assert differing(link(held), [wanted]) == ((), False)


def test_what_a_named_service_leaves_out_stays() -> None:
    held = LinkService(
        platform="P", service="S", access_level="ADMIN", linked_accounts=(LinkedAccount("a"),)
    )
    wanted = LinkService(platform="P", service="S", requested=False)
    ((sent,), _) = differing(link(held), [wanted])
    assert (sent.access_level, sent.linked_accounts) == ("ADMIN", (LinkedAccount("a"),))
    assert sent.requested is False


def test_a_service_that_is_gone_after_the_call_is_told_with_its_place() -> None:
    sent = [LinkService(platform="P", service=name) for name in ("A", "B")]
    (problem,) = vanished(sent, link(sent[0]))
    assert problem.field == ("input", "services", "1")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (None, None),
        ("", None),
        ("ruiz.example/thanks", "https://ruiz.example/thanks"),
        ("https://ruiz.example/thanks", "https://ruiz.example/thanks"),
        ("HTTPS://ruiz.example", "HTTPS://ruiz.example"),
        ("localhost:8080/x", "https://localhost:8080/x"),
        ("//ruiz.example", "https://ruiz.example"),
    ],
)
def test_an_address_is_taken_with_https_or_without_a_scheme(
    given: str | None, shown: str | None
) -> None:
    assert absolute(given) == shown


@pytest.mark.parametrize(
    "given", ["http://x.example", "javascript:alert(1)", "ftp://x", "https://", "a b"]
)
def test_any_other_address_is_refused_by_its_field(given: str) -> None:
    with pytest.raises(BadInput) as refused:
        absolute(given)
    assert refused.value.field == ("redirectUrl",)
