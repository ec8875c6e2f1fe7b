"""The double against the vendor page's own examples, as a public client of the vendor sees it."""

import dataclasses
from typing import Any

import pytest

from gateway.vendors.engaging_networks.sandbox import create


@pytest.fixture
def site(bench: Any) -> str:
    return f"{bench.base_url}/ens/service"


async def sign_in(bench: Any, index: int = 0) -> dict[str, str]:
    key = bench.seeded(index=index)["api_user"]["key"]
    async with bench.http.post(f"{bench.base_url}/ens/service/authenticate", data=key) as answer:
        return {"ens-auth-token": (await answer.json())["ens-auth-token"]}


async def export(bench: Any, **params: str) -> tuple[str | None, str]:
    token = bench.seeded()["private_tokens"][0]
    url = f"{bench.base_url}/ea-dataservice/export.service"
    async with bench.http.get(url, params={"token": token, "type": "csv", **params}) as answer:
        assert answer.status == 200
        return answer.headers.get("Total"), await answer.text()


@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize("kind", ["application/json", "text/plain", None])
@pytest.mark.case(1, 4)
async def test_a_key_signs_in_raw_and_quoted_whatever_the_content_type(
    bench: Any, site: str, quoted: bool, kind: str | None
) -> None:
    key = bench.seeded()["api_user"]["key"]
    headers = {"Content-Type": kind} if kind else None
    body = f'"{key}"' if quoted else key
    skipped = () if kind else ("Content-Type",)
    async with bench.http.post(
        f"{site}/authenticate", data=body, headers=headers, skip_auto_headers=skipped
    ) as answer:
        told = await answer.json()

    assert answer.status == 200
    assert told["expires"] == 3_600_000
    assert len(told["ens-auth-token"]) == 36


@pytest.mark.case(2)
async def test_a_wrong_key_is_echoed_with_401_and_its_message_id(bench: Any, site: str) -> None:
    async with bench.http.post(f"{site}/authenticate", data="wrong") as answer:
        told = await answer.json()

    assert answer.status == 401
    assert (told["message"], told["messageId"]) == ("Invalid api key [wrong]", 10000000)


@pytest.mark.case(8)
async def test_a_session_can_be_checked_ends_with_time_and_can_be_deleted(
    bench: Any, site: str, time: Any
) -> None:
    async def valid(token: str) -> bool:
        async with bench.http.get(f"{site}/authenticate/{token}") as answer:
            return bool((await answer.json())["valid"])

    first, second = await sign_in(bench), await sign_in(bench)
    assert await valid(first["ens-auth-token"])
    async with bench.http.delete(f"{site}/authenticate/{first['ens-auth-token']}") as answer:
        assert answer.status == 200
    assert not await valid(first["ens-auth-token"])
    assert await valid(second["ens-auth-token"])
    time.seconds += 3600
    assert not await valid(second["ens-auth-token"])
    async with bench.http.get(f"{site}/supporter/fields", headers=second) as answer:
        assert (answer.status, (await answer.json())["message"]) == (401, "Invalid ens-auth-token")


@pytest.mark.case(9)
async def test_a_session_of_another_address_is_not_valid_unless_the_state_says_so(
    bench: Any, site: str
) -> None:
    signed = await sign_in(bench)
    token = signed["ens-auth-token"]
    await bench.change(lambda state: state["sessions"][token].update(address="203.0.113.9"))
    async with bench.http.get(f"{site}/supporter/fields", headers=signed) as answer:
        assert answer.status == 401
    await bench.change(lambda state: state.update(bind_sessions=False))
    async with bench.http.get(f"{site}/supporter/fields", headers=signed) as answer:
        assert answer.status == 200


@pytest.mark.case(29)
async def test_public_data_is_xml_unless_json_is_asked_for(bench: Any) -> None:
    seeded, url = bench.seeded(), f"{bench.base_url}/ea-dataservice/data.service"
    client_id, count = str(seeded["client_id"]), str(seeded["supporter_count"])
    query = {"service": "EaSupporterCount", "token": seeded["public_token"]}

    async with bench.http.get(url, params={**query, "contentType": "json"}) as answer:
        columns = [
            {"name": "clientId", "value": client_id, "type": "xs:int"},
            {"name": "supporterCount", "value": count, "type": "xs:int"},
        ]
        assert await answer.json() == {"rows": [{"columns": columns}]}
    async with bench.http.get(url, params=query) as answer:
        assert answer.content_type == "text/xml"
        assert await answer.text() == (
            f'<EaData><EaRow><EaColumn name="clientId" type="xs:int">{client_id}</EaColumn>'
            f'<EaColumn name="supporterCount" type="xs:int">{count}</EaColumn></EaRow></EaData>'
        )


@pytest.mark.parametrize(
    ("service", "token", "error"),
    [
        ("EaSupporterCount", "wrong", "Invalid token specified [wrong] from 127.0.0.1"),
        ("EaNothing", None, "Unknown service [EaNothing]"),
    ],
)
@pytest.mark.case(25, 29)
async def test_errors_of_public_data_come_with_200(
    bench: Any, service: str, token: str | None, error: str
) -> None:
    query = {"service": service, "token": token or bench.seeded()["public_token"]}
    url = f"{bench.base_url}/ea-dataservice/data.service"
    async with bench.http.get(url, params={**query, "contentType": "json"}) as answer:
        assert (answer.status, await answer.json()) == (200, {"error": error})


async def test_an_error_of_public_data_in_xml_is_one_element(bench: Any) -> None:
    url = f"{bench.base_url}/ea-dataservice/data.service"
    async with bench.http.get(url, params={"service": "EaSupporterCount"}) as answer:
        assert await answer.text() == (
            "<EaData><error>Invalid token specified [] from 127.0.0.1</error></EaData>"
        )


async def test_campaigns_are_filtered_by_their_ids(bench: Any) -> None:
    seeded = bench.seeded()
    wanted = [str(page["campaignId"]) for page in seeded["pages"][:2]]
    query = {"service": "EaCampaignInfo", "token": seeded["public_token"], "contentType": "json"}
    url = f"{bench.base_url}/ea-dataservice/data.service"
    async with bench.http.get(url, params={**query, "campaignId": ",".join(wanted)}) as answer:
        rows = (await answer.json())["rows"]

    told = [{c["name"]: c["value"] for c in row["columns"]}["campaignId"] for row in rows]
    assert told == wanted


@pytest.mark.parametrize(
    ("path", "status", "message_id"),
    [
        ("page", 400, 10000001),
        ("page?type=nonsense", 404, -1767273746),
        ("page/99", 404, 353979450),
        ("supporter", 400, 10000001),
        ("supporter/99", 404, 10000001),
        ("supporter?email=nobody@example.org", 204, None),
        ("page?type=survey", 200, None),
        ("supporter/questions", 200, None),
        ("nothing", 404, 0),
    ],
)
@pytest.mark.case(11, 12)
async def test_what_is_not_there_is_told_in_the_vendors_many_ways(
    bench: Any, site: str, path: str, status: int, message_id: int | None
) -> None:
    async with bench.http.get(f"{site}/{path}", headers=await sign_in(bench)) as answer:
        assert answer.status == status
        if message_id is not None:
            assert (await answer.json())["messageId"] == message_id


async def test_a_page_and_a_supporter_are_read_by_id_too(bench: Any, site: str) -> None:
    signed, seeded = await sign_in(bench), bench.seeded()
    page, person = seeded["pages"][0], seeded["supporters"][1]
    async with bench.http.get(f"{site}/page/{page['id']}", headers=signed) as answer:
        assert await answer.json() == {**page, "trackingParameters": [], "campaignAttributes": []}
    async with bench.http.get(
        f"{site}/supporter/{person['supporterId']}", headers=signed
    ) as answer:
        told = await answer.json()
    assert told["suppressed"] == "false"
    assert not {"questions", "memberships"} & told.keys()


async def test_one_accounts_session_reads_no_other_account(bench: Any, site: str) -> None:
    foreign = bench.seeded(index=1)["pages"][0]["id"]
    async with bench.http.get(f"{site}/page/{foreign}", headers=await sign_in(bench)) as answer:
        assert answer.status == 404


@pytest.mark.case(18)
async def test_an_export_has_a_total_and_a_last_column_without_a_name(bench: Any) -> None:
    total, text = await export(bench, startDate="03092026", endDate="03092026")

    lines = text.splitlines()
    assert lines[0] == (
        "Account ID,Supporter ID,Supporter Email,Campaign Type,Campaign ID,Campaign Date,"
    )
    assert total == str(len(lines) - 1) == "3"
    assert lines[1].endswith(",ana.silva@example.org,PET,Save the river,2026-03-09,")
    assert (await export(bench, startDate="03092026", configTypes="DCF"))[0] == "1"


@pytest.mark.case(21)
async def test_an_export_of_today_has_no_total(bench: Any) -> None:
    total, text = await export(bench, startDate="03102026")

    assert total is None
    assert not text.startswith("\n\nERROR:")


@pytest.mark.parametrize(
    "params",
    [
        {"token": "wrong"},
        {"startDate": "2026-03-09"},
        {"startDate": "13092026"},
        {"startDate": "03092026", "endDate": "03082026"},
        {"startDate": "03112026"},
        {"startDate": "02052026"},
        {"type": "xls"},
        {},
    ],
)
@pytest.mark.case(19, 23)
async def test_errors_of_an_export_come_with_200(bench: Any, params: dict[str, str]) -> None:
    valid = {"startDate": "03092026"} if params else {}
    total, text = await export(bench, **{**valid, **params})

    assert total is None
    assert text.startswith("\n\nERROR:")


@pytest.mark.case(25)
async def test_a_public_token_exports_nothing(bench: Any) -> None:
    public = bench.seeded()["public_token"]

    _, text = await export(bench, token=public, startDate="03092026")
    assert text.startswith("\n\nERROR:")


@pytest.mark.parametrize(
    ("kind", "old"),
    [
        ("public", lambda a: a["public_token"]),
        ("private", lambda a: a["private_tokens"][0]),
        ("api_key", lambda a: a["api_user"]["key"]),
    ],
)
@pytest.mark.case(30)
def test_a_refreshed_token_replaces_the_old_one_in_its_account_alone(
    bench: Any, kind: str, old: Any
) -> None:
    before = bench.double.state()["accounts"]
    action = {"action": "refresh_token", "kind": kind, "agency": "Harbour", "account": "Trees"}
    told = bench.double.dashboard(action)

    after = bench.double.state()["accounts"]
    assert [old(a) == old(b) for a, b in zip(before, after, strict=True)] == [True, False, True]
    assert old(after[1]) == told["token"]
    (effect,) = bench.double.effects()
    assert (effect["action"], effect["account"], effect["kind"]) == ("refresh_token", "Trees", kind)
    assert told["token"] not in str(effect)


@pytest.mark.parametrize(
    "action",
    [
        {"action": "refresh_token", "kind": "public", "agency": "Nobody"},
        {"action": "refresh_token", "kind": "golden", "agency": "Harbour"},
        {"action": "refresh_token", "kind": "private", "index": 9, "agency": "Harbour"},
        {"action": "grant", "agency": "Harbour"},
    ],
)
def test_what_the_dashboard_cannot_do_is_refused_in_words(bench: Any, action: Any) -> None:
    with pytest.raises(ValueError, match=r"name an|use deactivate"):
        bench.double.dashboard(action)
    assert bench.double.effects() == []


def test_state_is_a_body_for_reset_and_the_seed_is_always_the_same(bench: Any) -> None:
    seeded = bench.double.state()
    bench.double.dashboard({"action": "deactivate", "agency": "Harbour"})
    changed = bench.double.state()
    assert changed != seeded
    bench.double.reset(None)
    assert bench.double.state() == seeded
    bench.double.reset(changed)
    assert bench.double.state() == changed
    with pytest.raises(LookupError):
        bench.double.reset({"accounts": [{}]})
    assert bench.double.state() == changed


def test_customers_who_do_not_use_the_vendor_have_no_account(time: Any, world: Any) -> None:
    (agency, *_) = world.agencies
    absent = dataclasses.replace(agency.customers[0], vendors=frozenset())
    emptied = dataclasses.replace(agency, customers=(absent, agency.customers[1]))
    double = create(dataclasses.replace(world, agencies=(emptied,)), time.clock)

    assert [account.name for account in double.accounts("Harbour")] == ["Trees"]


def test_agencies_and_accounts_share_no_token(bench: Any) -> None:
    described = bench.double.describe("http://x")
    sets = [one for accounts in described["agencies"].values() for one in accounts]

    assert {name: len(found) for name, found in described["agencies"].items()} == {
        "Harbour": 2,
        "Meadow": 1,
    }
    tokens = [token for one in sets for token in one.values()]
    assert len(tokens) == len(set(tokens)) == 9
    assert [account.name for account in bench.double.accounts("Harbour")] == ["Rivers", "Trees"]


async def test_a_limit_of_the_sandbox_is_refused_as_the_vendor_does_it(bench: Any) -> None:
    url = f"{bench.control}/ENGAGING_NETWORKS/limits"
    limit = {"algorithm": "fixed", "count": 1, "window_seconds": 3600, "scope": "credential"}
    signed = await sign_in(bench)
    async with bench.http.put(url, json=[limit]) as answer:
        assert answer.status == 200
    statuses = []
    for signer in (signed, await sign_in(bench, 1), signed):
        fields = f"{bench.base_url}/ens/service/supporter/fields"
        async with bench.http.get(fields, headers=signer) as answer:
            statuses.append((answer.status, "exceeded its api limit" in await answer.text()))
    # The other account's sign-in was its one call.
    assert statuses == [(200, False), (401, True), (401, True)]


async def test_a_limit_on_a_public_token_is_refused_with_429(bench: Any) -> None:
    url = f"{bench.control}/ENGAGING_NETWORKS/limits"
    limit = {"algorithm": "fixed", "count": 1, "window_seconds": 3600, "scope": "account"}
    async with bench.http.put(url, json=[limit]) as answer:
        assert answer.status == 200
    statuses = []
    for index in (0, 0, 1):
        query = {"service": "EaSupporterCount", "token": bench.seeded(index=index)["public_token"]}
        data = f"{bench.base_url}/ea-dataservice/data.service"
        async with bench.http.get(data, params=query) as answer:
            statuses.append(answer.status)
    assert statuses == [200, 429, 200]
