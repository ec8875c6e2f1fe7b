"""The law of Own's API token (vendor page 2 and 3), as its double enforces it and as we tell it."""

import pytest

from gateway.contract import TokenLaw, TokenManager
from gateway.domain.model import TokenKind
from gateway.vendors.own import VENDOR

from .script import Script

SERVICES = "/app1/api/v1/services"


def generate(script: Script, agency: str = "Harbour") -> str:
    made = script.served.double.dashboard({"action": "generate_token", "agency": agency})
    return str(made["api_token"])


def revoke(script: Script, agency: str = "Harbour") -> None:
    script.served.double.dashboard({"action": "revoke_token", "agency": agency})


def token(script: Script, agency: str = "Harbour") -> str:
    return str(script.served.double.state()["agencies"][agency]["token"]["value"])


def test_the_gateway_tells_the_law_as_the_page_has_it() -> None:
    (law,) = VENDOR.token_laws

    assert law == TokenLaw(
        kind=TokenKind.USER,
        max_live_per_holder=1,
        revoke_first=True,
        shown_once=True,
        expires_after_days=180,
        managed_by=TokenManager.DASHBOARD,
        how_to=law.how_to,
    )


async def test_a_user_has_one_token_and_must_revoke_it_before_the_next(script: Script) -> None:
    with pytest.raises(ValueError, match="revoke the old one first"):
        generate(script)

    revoke(script)
    assert (await script.exchange(refresh_token=generate(script)))[0] == 200


async def test_a_token_that_is_never_used_is_gone_on_day_180_all_the_same(script: Script) -> None:
    revoke(script)
    fresh = generate(script)
    script.time.move(days=180, seconds=-1)
    assert (await script.exchange(refresh_token=fresh))[0] == 200

    script.time.move(seconds=1)

    status, body = await script.exchange(refresh_token=fresh)
    assert (status, body["error"]) == (400, "invalid_grant")


async def test_a_token_that_is_used_every_day_is_gone_on_day_180_all_the_same(
    script: Script,
) -> None:
    revoke(script)
    fresh = generate(script)
    for _ in range(179):
        script.time.move(days=1)
        assert (await script.exchange(refresh_token=fresh))[0] == 200

    script.time.move(days=1)

    assert (await script.exchange(refresh_token=fresh))[1]["error"] == "invalid_grant"


async def test_after_its_end_the_token_is_deleted_and_a_new_one_needs_no_revoking(
    script: Script,
) -> None:
    script.time.move(days=25)
    with pytest.raises(ValueError, match="no API token"):
        revoke(script)

    assert (await script.exchange(refresh_token=generate(script)))[0] == 200


async def test_one_token_opens_all_regions(script: Script) -> None:
    bearer = await script.bearer()

    for region in ("app1", "emea1"):
        assert (await script.get(f"/{region}/api/v1/services", bearer))[0] == 200


async def test_revoking_ends_the_access_to_all_regions_at_once(script: Script) -> None:
    """That its bearers die with it is assumed: "revokes in all regions", and nothing says later."""
    bearer = await script.bearer()

    revoke(script)

    for region in ("app1", "emea1"):
        assert (await script.get(f"/{region}/api/v1/services", bearer))[0] == 401
    assert (await script.exchange())[1]["error"] == "invalid_grant"


async def test_revoking_cannot_be_undone(script: Script) -> None:
    old, bearer = token(script), await script.bearer()
    revoke(script)
    new = generate(script)

    assert new != old
    assert (await script.exchange(refresh_token=old))[1]["error"] == "invalid_grant"
    assert (await script.get(SERVICES, bearer))[0] == 401
    assert (await script.exchange(refresh_token=new))[0] == 200


async def test_one_agencys_token_says_nothing_about_anothers(script: Script) -> None:
    revoke(script)

    assert (await script.exchange("Meadow"))[0] == 200


async def test_a_token_does_not_rotate_when_it_is_used(script: Script) -> None:
    answers = [(await script.exchange())[1] for _ in range(2)]

    assert {body["refresh_token"] for body in answers} == {token(script)}
    assert answers[0]["access_token"] != answers[1]["access_token"]


async def test_an_older_bearer_lives_on_beside_a_newer_one(script: Script) -> None:
    older, newer = await script.bearer(), await script.bearer()

    assert [(await script.get(SERVICES, one))[0] for one in (older, newer)] == [200, 200]


async def test_the_api_token_itself_is_no_bearer(script: Script) -> None:
    assert (await script.get(SERVICES, token(script)))[0] == 401


@pytest.mark.parametrize("name", ["tokens", "api_tokens", "users", "accounts", "business_units"])
async def test_no_endpoint_lists_or_makes_tokens_users_or_units(script: Script, name: str) -> None:
    bearer = await script.bearer()

    assert (await script.get(f"/app1/api/v1/{name}", bearer))[0] == 404
    assert (await script.post(f"/app1/api/v1/{name}", bearer))[0] == 404


async def test_the_login_of_before_is_not_served(script: Script) -> None:
    """Whether Own still does is not known (vendor page 3b)."""
    form = {"email": "ana@agency.example", "password": "invented"}

    assert (await script.post("/app1/api/auth/v1/login", "", form))[0] == 404
