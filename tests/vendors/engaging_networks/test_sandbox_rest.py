"""The double's REST services: supporters written and asked for in pages, pages processed."""

from typing import Any

import pytest

PERSON = {"Email Address": "Zoe@example.org", "First Name": "Zoe", "questions": {}}


class Site:
    """A public client's session at the double."""

    def __init__(self, bench: Any) -> None:
        self.bench = bench
        self.session: dict[str, str] = {}

    async def sign_in(self) -> tuple[int, Any]:
        key = self.bench.seeded()["api_user"]["key"]
        status, told = await self.ask("POST", "authenticate", key)
        if status == 200:
            self.session = {"ens-auth-token": told["ens-auth-token"]}
        return status, told

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        sent = {"data": body} if isinstance(body, str) else {"json": body} if body else {}
        url = f"{self.bench.base_url}/ens/service/{path}"
        async with self.bench.http.request(method, url, headers=self.session, **sent) as answer:
            return answer.status, await answer.json() if answer.status != 204 else None

    async def found(self, email: str) -> Any:
        return (await self.ask("GET", f"supporter?email={email}&includeQuestions=true"))[1]


@pytest.fixture
async def site(bench: Any) -> Site:
    opened = Site(bench)
    await opened.sign_in()
    return opened


# ── Who may sign in ───────────────────────────────────────────────────────────────────────────


@pytest.mark.case(3)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"known": False}, "A user was not found for api key["),
        ({"status": "Inactive"}, "is not active or does not have access to EN services"),
        ({"remote_address": "203.0.113.9~203.0.113.10"}, "unregistered source address"),
    ],
)
async def test_a_key_is_refused_for_its_user_or_its_address(
    bench: Any, change: dict[str, Any], message: str
) -> None:
    await bench.change(lambda state: state["accounts"][0]["api_user"].update(change))
    status, told = await Site(bench).sign_in()

    assert status == 401
    assert message in told["message"]


@pytest.mark.case(3)
async def test_a_listed_address_among_several_signs_in(bench: Any) -> None:
    bench.double.dashboard(
        {"action": "set_remote_address", "address": "203.0.113.9~127.0.0.1", "agency": "Harbour"}
    )

    assert (await Site(bench).sign_in())[0] == 200


@pytest.mark.case(4, 5)
async def test_a_short_session_ends_and_a_new_one_is_opened(
    bench: Any, site: Site, time: Any
) -> None:
    await bench.change(lambda state: state.update(session_ms=2000))
    assert (await site.sign_in())[1]["expires"] == 2000
    assert (await site.ask("GET", "supporter/fields"))[0] == 200
    time.seconds += 2
    status, told = await site.ask("GET", "supporter/fields")
    assert (status, told["message"]) == (401, "Invalid ens-auth-token")
    await site.sign_in()
    assert (await site.ask("GET", "supporter/fields"))[0] == 200


@pytest.mark.case(7)
async def test_an_api_user_has_so_many_requests_an_hour_and_then_a_401(
    bench: Any, site: Site, time: Any
) -> None:
    assert bench.double.state()["hourly_limit"] == 5000
    await bench.change(lambda state: state.update(hourly_limit=3))
    name = bench.seeded()["api_user"]["name"]
    told = [await site.ask("GET", "supporter/fields") for _ in range(3)]

    # The sign-in was the first of the three.
    assert [status for status, _ in told] == [200, 200, 401]
    assert told[-1][1]["message"] == f"The user with username [{name}] has exceeded its api limit"
    assert (await site.sign_in())[0] == 401
    time.seconds += 3600
    assert (await site.sign_in())[0] == 200


# ── Supporters ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.case(13)
async def test_a_supporter_is_made_then_changed_by_its_address_and_by_its_id(
    bench: Any, site: Site
) -> None:
    status, made = await site.ask("POST", "supporter", PERSON)
    again = await site.ask(
        "POST",
        "supporter",
        {"Email Address": "zoe@example.org", "questions": {"Email opt-in": "Y"}},
    )
    assert (status, again) == (200, (200, made))
    put = await site.ask("PUT", f"supporter/{made['id']}", {"Favourite river": "Elbe"})
    assert put == (200, made)

    told = await site.found("zoe@example.org")
    assert (told["supporterId"], told["First Name"]) == (made["id"], "Zoe")
    assert told["Favourite river"] == "Elbe"
    assert [(one["name"], one["response"]) for one in told["questions"]] == [("Email opt-in", "Y")]
    effects = [(one["action"], one.get("created")) for one in await bench.effects()]
    assert effects == [
        ("supporter.save", True),
        ("supporter.save", False),
        ("supporter.update", None),
    ]


async def test_a_deleted_supporter_is_gone(bench: Any, site: Site) -> None:
    person = bench.seeded()["supporters"][0]
    status, _ = await site.ask("DELETE", f"supporter/{person['supporterId']}")

    assert status == 200
    assert await site.found(person["Email Address"]) is None
    assert (await site.ask("DELETE", f"supporter/{person['supporterId']}"))[0] == 404


@pytest.mark.case(14)
@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("POST", "supporter", {**PERSON, "Shoe size": 40}, (400, 10000005)),
        ("POST", "supporter", {"First Name": "Zoe"}, (400, 10000001)),
        ("POST", "supporter", "no json", (400, 10000001)),
        ("PUT", "supporter/99", {"First Name": "Zoe"}, (404, 10000001)),
    ],
)
async def test_a_supporter_with_what_the_account_does_not_know_is_refused_and_not_kept(
    bench: Any, site: Site, method: str, path: str, body: Any, expected: tuple[int, int]
) -> None:
    status, told = await site.ask(method, path, body)

    assert (status, told["messageId"]) == expected
    assert await bench.effects() == []


@pytest.mark.case(11)
async def test_an_unknown_question_is_an_empty_list_and_a_known_one_a_list_too(site: Site) -> None:
    assert await site.ask("GET", "supporter/questions/9999") == (200, [])
    status, told = await site.ask("GET", "supporter/questions/279")
    assert (status, [one["locale"] for one in told]) == (200, ["en-GB"])


@pytest.mark.case(15)
@pytest.mark.parametrize("base", [0, 1])
async def test_three_pages_of_a_query_hold_everybody_whatever_start_counts_from(
    bench: Any, base: int
) -> None:
    def many(state: dict[str, Any]) -> None:
        state["query_base"] = base
        people = state["accounts"][0]["supporters"]
        people += [{**people[0], "supporterId": n, "createdOn": "2026-03-09"} for n in range(45)]

    await bench.change(many)
    site = Site(bench)
    await site.sign_in()
    seen: set[int] = set()
    sizes = []
    for start in (0, 20, 40):
        path = f"supporter/query?type=latestCreated&daysBack=5&rows=20&start={start}"
        _, told = await site.ask("GET", path)
        sizes.append(len(told["data"]))
        seen |= {row["supporterId"] for row in told["data"]}
        assert told["pagination"] == {"start": start, "rows": 20, "total": 45}

    assert seen == set(range(45))
    assert sizes == [20, 20, 5 + base]


@pytest.mark.case(15)
@pytest.mark.parametrize(
    "query",
    [
        "type=latestCreated&daysBack=0",
        "type=latestCreated&daysBack=33",
        "type=latestCreated&rows=101",
        "type=latestCreated&rows=x",
        "type=everybody",
        "",
    ],
)
async def test_a_query_beyond_its_limits_is_refused(site: Site, query: str) -> None:
    assert (await site.ask("GET", f"supporter/query?{query}"))[0] == 400


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("type=search&filter=firstName:Bo||Ana", {"ana.silva", "bo.lind"}),
        ("type=search&filter=firstName:Bo||Ana~lastName:Lind", {"bo.lind"}),
        ("type=suppressed", {"cleo.marsh"}),
        ("type=latestModified&daysBack=1", {"ana.silva", "bo.lind"}),
        ("type=profile&profileId=1", set()),
    ],
)
async def test_a_query_filters(site: Site, query: str, names: set[str]) -> None:
    _, told = await site.ask("GET", f"supporter/query?{query}")

    assert {row["emailAddress"].partition("@")[0] for row in told["data"]} == names


# ── Pages ─────────────────────────────────────────────────────────────────────────────────────


def sent(**more: Any) -> dict[str, Any]:
    return {"supporter": {"Email Address": "zoe@example.org", "First Name": "Zoe"}, **more}


@pytest.mark.case(10)
async def test_a_page_is_processed_from_an_address_that_is_not_listed(
    bench: Any, site: Site
) -> None:
    token = site.session["ens-auth-token"]
    await bench.change(lambda state: state["sessions"][token].update(address="203.0.113.9"))
    page = bench.seeded()["pages"][0]["id"]

    assert (await site.ask("GET", "supporter/fields"))[0] == 401
    status, told = await site.ask("POST", f"page/{page}/process", sent())
    assert (status, told["status"]) == (200, "SUCCESS")
    assert (await bench.effects())[0]["supporter"] == told["supporterId"]


@pytest.mark.case(10)
async def test_a_browser_may_process_a_page(bench: Any, site: Site) -> None:
    url = f"{bench.base_url}/ens/service/page/{bench.seeded()['pages'][0]['id']}/process"
    async with bench.http.options(url) as answer:
        assert answer.status == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "ens-auth-token" in answer.headers["Access-Control-Allow-Headers"]


@pytest.mark.case(16)
async def test_a_declined_payment_is_a_200_with_a_supporter_and_without_a_transaction(
    bench: Any, site: Site
) -> None:
    page = bench.seeded()["pages"][2]["id"]
    payment = {"paymentamt": "10", "paycurrency": "EUR", "ccnumber": "4000000000000002"}
    status, declined = await site.ask("POST", f"page/{page}/process", sent(transaction=payment))
    assert (status, declined["status"]) == (200, "ERROR")
    assert declined["error"]
    assert declined["supporterId"]
    assert "transactionId" not in declined

    payment["ccnumber"] = "4222222222222220"
    _, paid = await site.ask("POST", f"page/{page}/process", sent(transaction=payment))
    assert (paid["status"], paid["type"], paid["amount"]) == ("SUCCESS", "CREDIT_SINGLE", "10")
    assert [one["declined"] for one in await bench.effects()] == [True, False]


async def test_a_demonstration_processes_nothing(bench: Any, site: Site) -> None:
    page = bench.seeded()["pages"][0]["id"]
    status, told = await site.ask("POST", f"page/{page}/process", sent(demo=True))

    assert (status, told["status"]) == (200, "SUCCESS")
    assert await bench.effects() == []
    assert await site.found("zoe@example.org") is None


@pytest.mark.parametrize(
    ("page", "body", "expected"), [("99", {"a": 1}, 404), (None, {"a": 1}, 400)]
)
async def test_what_cannot_be_processed_is_refused(
    bench: Any, site: Site, page: str | None, body: Any, expected: int
) -> None:
    page = page or bench.seeded()["pages"][0]["id"]

    assert (await site.ask("POST", f"page/{page}/process", body))[0] == expected
    assert await bench.effects() == []


async def test_one_address_processes_two_hundred_pages_in_five_minutes(
    bench: Any, site: Site, time: Any
) -> None:
    page = bench.seeded()["pages"][0]["id"]
    window = int(time.clock.now().timestamp() // 300)
    await bench.change(lambda state: state.update(processed={"127.0.0.1": [window, 199]}))
    path, body = f"page/{page}/process", sent(demo=True)
    last = await site.ask("POST", path, body)
    beyond = await site.ask("POST", path, body)
    time.seconds += 300
    later = await site.ask("POST", path, body)

    assert (last[0], beyond[0], later[0]) == (200, 429, 200)


async def test_an_import_format_that_was_made_is_listed(bench: Any, site: Site) -> None:
    columns = [{"name": "Email Address", "label": "E-mail"}]
    _, made = await site.ask("POST", "supporter/importformat", {"name": "Short", "format": columns})
    _, told = await site.ask("GET", "supporter/importformat")

    assert told[-1] == {"id": made["id"], "name": "Short", "format": columns}
    assert (await site.ask("POST", "supporter/importformat", {"name": "None"}))[0] == 400
