"""What Bronto's double writes and refuses, item by item, seen by zeep (vendor pages 3 to 6)."""

from typing import Any

import pytest

from .conftest import Bench, Time
from .public import Public, refused

ALLOTTED = {"canExceedAllocation": False, "emails": 10, "contacts": 10, "hosting": 1}
NEW = {"name": "Lakes", "allocations": ALLOTTED}


def required(bench: Bench, place: int = 0, **values: Any) -> dict[str, Any]:
    """The item of an update that changes nothing but the values."""
    return {
        "id": bench.ids()[place],
        "status": "unrestricted",
        "generalSettings": {},
        "allocations": {},
        **values,
    }


async def agency(bench: Bench, public: Public, name: str = "Harbour") -> None:
    await public.login(bench.tokens(name)["agency_token"])


async def codes(public: Public, operation: str, *items: dict[str, Any]) -> list[int]:
    """The number of each item's error, 0 for none; `errors` must list exactly the failed ones."""
    child = "tokens" if operation.endswith("ApiTokens") else "accounts"
    outcome = await public.call(operation, **{child: list(items)})
    told = [each.errorCode for each in outcome.results]
    assert outcome.errors == [place for place, code in enumerate(told) if code]
    assert [each.isError for each in outcome.results] == [bool(code) for code in told]
    assert all(bool(each.errorString) is each.isError for each in outcome.results)
    return told


async def set_status(bench: Bench, status: str) -> None:
    def change(state: dict[str, Any]) -> None:
        state["agencies"]["Harbour"]["accounts"][0]["status"] = status

    await bench.change(change)


# ── Items ─────────────────────────────────────────────────────────────────────────────────────


async def test_partial_success_is_normal_and_errors_are_indexes_from_zero(
    bench: Bench, public: Public
) -> None:
    await agency(bench, public)
    token = {"name": "a", "permissions": 3, "active": True, "accountId": bench.ids()[0]}
    outcome = await public.call("addApiTokens", tokens=[token, {**token, "accountId": "NOPE"}])
    assert outcome.errors == [1]
    good, bad = outcome.results
    assert (good.isNew, good.isError, good.errorCode) == (True, False, 0)
    assert (bad.id, bad.isNew, bad.isError, bad.errorCode) == (None, False, True, 704)
    assert bad.errorString == "The account specified for the token was invalid: NOPE"
    assert bench.effects() == [("addApiTokens", good.id)]


@pytest.mark.parametrize(
    "operation",
    [
        *("addAccounts", "updateAccounts", "deleteAccounts"),
        *("addApiTokens", "updateApiTokens", "deleteApiTokens"),
        *("addLogins", "updateLogins", "deleteLogins"),
    ],
)
async def test_a_write_takes_one_to_five_thousand_items(
    bench: Bench, public: Public, operation: str
) -> None:
    await agency(bench, public)
    child = "tokens" if operation.endswith("ApiTokens") else "accounts"
    item = {"permissions": 1, "active": True} if child == "tokens" else {}
    assert await refused(public.call(operation, **{child: []})) == 105
    assert await refused(public.call(operation, **{child: [item] * 5001})) == 106
    assert bench.effects() == []


async def test_five_thousand_items_are_done_in_one_call(bench: Bench, public: Public) -> None:
    await agency(bench, public)
    token = {"name": "a", "permissions": 1, "active": True, "accountId": bench.ids()[0]}
    outcome = await public.call("addApiTokens", tokens=[token] * 5000)
    assert len({each.id for each in outcome.results}) == 5000
    assert outcome.errors == []


# ── Accounts ──────────────────────────────────────────────────────────────────────────────────


async def test_an_account_that_exists_is_not_added_again(bench: Bench, public: Public) -> None:
    await agency(bench, public)
    assert await codes(public, "addAccounts", NEW, NEW, {**NEW, "name": "Rivers SL"}) == [
        0,
        702,
        702,
    ]
    assert [operation for operation, _ in bench.effects()] == ["addAccounts"]


async def test_a_name_of_another_agency_is_free(bench: Bench, public: Public) -> None:
    await agency(bench, public, "Meadow")
    assert await codes(public, "addAccounts", {**NEW, "name": "Trees & Co"}) == [0]


@pytest.mark.parametrize(
    "item",
    [
        {"allocations": ALLOTTED},
        {"name": "", "allocations": ALLOTTED},
        {"name": "A"},
        *(
            {"name": "A", "allocations": {k: v for k, v in ALLOTTED.items() if k != left_out}}
            for left_out in ALLOTTED
        ),
    ],
)
async def test_what_a_new_account_requires(
    bench: Bench, public: Public, item: dict[str, Any]
) -> None:
    await agency(bench, public)
    assert await codes(public, "addAccounts", item) == [110]
    assert bench.effects() == []


async def test_a_new_account_is_unrestricted_and_has_an_id_of_the_vendors_shape(
    bench: Bench, public: Public
) -> None:
    await agency(bench, public)
    outcome = await public.call("addAccounts", accounts=[NEW])
    (account,) = await public.call(
        "readAccounts", filter={"id": [outcome.results[0].id]}, includeInfo=True, pageNumber=1
    )
    assert account.status == "unrestricted"
    assert len(account.id) == 36
    assert set(account.id) <= set("0123456789abcdef")
    assert account.allocations.startDate is not None


async def test_an_account_that_does_not_exist_is_neither_changed_nor_deleted(
    bench: Bench, public: Public
) -> None:
    await agency(bench, public)
    theirs = bench.ids("Meadow")[0]
    for unknown in ({"id": "f" * 36}, {"id": theirs}, {"name": "Nobody"}, {}):
        assert await codes(
            public, "updateAccounts", {**required(bench), "id": None, **unknown}
        ) == [701]
        assert await codes(public, "deleteAccounts", unknown) == [701]
    assert bench.effects() == []


@pytest.mark.parametrize("missing", ["status", "generalSettings", "allocations"])
async def test_what_an_update_requires(bench: Bench, public: Public, missing: str) -> None:
    await agency(bench, public)
    assert await codes(public, "updateAccounts", required(bench, **{missing: None})) == [110]


async def test_omitted_values_stay_and_empty_texts_take_away(bench: Bench, public: Public) -> None:
    before = bench.accounts()[0]
    await agency(bench, public)
    person = {"email": "", "city": "Cádiz"}
    item = required(bench, contactInformation=person)
    assert await codes(public, "updateAccounts", item) == [0]
    kept = {key: value for key, value in before["contactInformation"].items() if key != "email"}
    assert bench.accounts()[0] == {**before, "contactInformation": {**kept, "city": "Cádiz"}}


async def test_an_account_may_be_named_by_its_name(bench: Bench, public: Public) -> None:
    await agency(bench, public)
    item = {**required(bench), "id": None, "name": "Rivers SL", "status": "inactive"}
    assert await codes(public, "updateAccounts", item) == [0]
    assert bench.accounts()[0]["status"] == "inactive"


async def test_a_rename_to_a_taken_name_is_refused(bench: Bench, public: Public) -> None:
    await agency(bench, public)
    assert await codes(public, "updateAccounts", required(bench, name="Trees & Co")) == [702]


@pytest.mark.parametrize(
    ("status", "wanted", "code"),
    [
        ("unrestricted", "unrestricted", 0),
        ("unrestricted", "inactive", 0),
        ("inactive", "unrestricted", 0),
        ("inactive", "inactive", 109),
        ("unrestricted", "restricted", 106),
        ("inactive", "restricted", 106),
        ("restricted", "unrestricted", 106),
        ("restricted", "inactive", 106),
        ("restricted", "restricted", 106),
        ("unrestricted", "asleep", 106),
    ],
)
async def test_only_unrestricted_and_inactive_change_into_each_other(
    bench: Bench, public: Public, status: str, wanted: str, code: int
) -> None:
    await set_status(bench, status)
    await agency(bench, public)
    assert await codes(public, "updateAccounts", required(bench, status=wanted)) == [code]
    assert bench.accounts()[0]["status"] == (status if code else wanted)


async def test_an_inactive_account_can_only_be_switched_on(bench: Bench, public: Public) -> None:
    await set_status(bench, "inactive")
    await agency(bench, public)
    renamed = required(bench, name="Other", status="unrestricted")
    assert await codes(public, "updateAccounts", renamed) == [109]
    assert bench.accounts()[0]["name"] == "Rivers SL"


async def test_nobody_gets_into_an_account_that_was_switched_off_or_deleted(
    bench: Bench, public: Public
) -> None:
    first, second = bench.ids()
    tokens = bench.tokens()["client_tokens"]
    await agency(bench, public)
    off = required(bench, status="inactive")
    assert await codes(public, "updateAccounts", off) == [0]
    assert await codes(public, "deleteAccounts", {"id": second}) == [0]
    assert await refused(public.login(tokens[first])) == 109
    assert await refused(public.login(tokens[second])) == 102


# ── Tokens ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"name": None}, 110),
        ({"accountId": None}, 110),
        ({"name": ""}, 705),
        ({"permissions": 8}, 106),
        ({"permissions": -1}, 106),
        ({"permissions": 0}, 0),
    ],
)
async def test_what_a_new_token_requires(
    bench: Bench, public: Public, values: dict[str, Any], code: int
) -> None:
    await agency(bench, public)
    token = {"name": "a", "permissions": 3, "active": True, "accountId": bench.ids()[0], **values}
    assert await codes(public, "addApiTokens", token) == [code]


async def test_a_new_token_opens_a_session_inside_its_account_with_its_permissions(
    bench: Bench, public: Public
) -> None:
    await agency(bench, public)
    token = {"name": "a", "permissions": 1, "active": True, "accountId": bench.ids()[0]}
    outcome = await public.call("addApiTokens", tokens=[token])
    await public.login(outcome.results[0].id)
    assert len(await public.call("readLists", filter={}, pageNumber=1)) == 2
    login = {"username": "a", "password": "b"}
    assert await refused(public.call("addLogins", accounts=[login])) == 104


async def test_unknown_tokens_and_those_of_other_agencies_are_refused(
    bench: Bench, public: Public
) -> None:
    await agency(bench, public)
    theirs = bench.tokens("Meadow")["agency_token"]
    for operation in ("updateApiTokens", "deleteApiTokens"):
        items = [{"id": id, "permissions": 1, "active": True} for id in ("none", theirs, None)]
        assert await codes(public, operation, *items) == [703, 703, 110]
    assert bench.effects() == []


async def test_a_token_stays_with_its_account(bench: Bench, public: Public) -> None:
    first, second = bench.ids()
    await agency(bench, public)
    token = bench.tokens()["client_tokens"][first]
    item = {"id": token, "permissions": 1, "active": True}
    assert await codes(
        public,
        "updateApiTokens",
        {**item, "accountId": second},
        {**item, "name": ""},
        {**item, "permissions": 9},
        {**item, "accountId": first},
    ) == [704, 705, 106, 0]


async def test_a_token_that_is_switched_off_or_deleted_takes_its_sessions_with_it(
    bench: Bench, public: Public
) -> None:
    first = bench.ids()[0]
    token = bench.tokens()["client_tokens"][first]
    session = await public.login(token)
    await agency(bench, public)
    ours = public._session
    item = {"id": token, "permissions": 7, "active": False}
    assert await codes(public, "updateApiTokens", item) == [0]
    assert await refused(public.login(token)) == 121
    public._session = session
    assert await refused(public.call("readLists", filter={}, pageNumber=1)) == 103
    public._session = ours
    assert await codes(public, "deleteApiTokens", item) == [0]
    assert await refused(public.login(token)) == 102


async def test_a_change_of_a_token_is_dated_by_the_vendors_clock(
    bench: Bench, public: Public, time: Time
) -> None:
    first = bench.ids()[0]
    token = bench.tokens()["client_tokens"][first]
    await agency(bench, public)
    time.seconds += 60
    item = {"id": token, "permissions": 7, "active": True}
    assert await codes(public, "updateApiTokens", item) == [0]
    (told,) = await public.call("readApiTokens", filter={"id": [token]}, pageNumber=1)
    assert told.modified == bench.clock.now()
    assert told.created < told.modified


# ── Logins ────────────────────────────────────────────────────────────────────────────────────


async def test_logins_are_known_by_their_usernames(bench: Bench, public: Public) -> None:
    await agency(bench, public)
    login = {"username": "lee", "password": "p"}
    assert await codes(public, "addLogins", login, login, {"username": "x"}) == [0, 106, 110]
    assert await codes(public, "updateLogins", {"username": "nobody"}, {}) == [106, 106]
    assert await codes(public, "deleteLogins", {"username": "lee"}, {"username": "lee"}) == [0, 106]
    assert "p" not in [each["change"].get("password") for each in bench.double.effects()]


# ── Who may ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "operation", ["addAccounts", "updateAccounts", "deleteAccounts", "addApiTokens"]
)
async def test_a_clients_token_writes_nothing_of_the_agencys(
    bench: Bench, public: Public, operation: str
) -> None:
    await public.login(bench.tokens()["client_tokens"][bench.ids()[0]])
    assert await refused(public.call(operation)) == 104
    assert bench.effects() == []


async def test_a_token_that_may_only_read_writes_nothing(bench: Bench, public: Public) -> None:
    def read_only(state: dict[str, Any]) -> None:
        state["agencies"]["Harbour"]["tokens"][0]["permissions"] = 1

    await bench.change(read_only)
    await agency(bench, public)
    assert await refused(public.call("addAccounts", accounts=[NEW])) == 104


async def test_a_token_may_be_bound_to_addresses(bench: Bench, public: Public) -> None:
    token = bench.tokens()["agency_token"]
    session = await public.login(token)

    def bind(addresses: list[str]) -> Any:
        return lambda state: state["agencies"]["Harbour"]["tokens"][0].update(addresses=addresses)

    await bench.change(bind(["192.0.2.1"]))
    assert await refused(public.login(token)) == 111
    public._session = session
    assert await refused(public.call("readLogins", filter={}, pageNumber=1)) == 111
    await bench.change(bind(["127.0.0.1"]))
    await public.login(token)


async def test_an_account_may_be_locked_or_gone_for_its_token(bench: Bench, public: Public) -> None:
    first = bench.ids()[0]
    token = bench.tokens()["client_tokens"][first]

    def lock(state: dict[str, Any]) -> None:
        state["agencies"]["Harbour"]["accounts"][0]["locked"] = True

    await bench.change(lock)
    assert await refused(public.login(token)) == 119
    await bench.change(lambda state: state["agencies"]["Harbour"]["accounts"].pop(0))
    assert await refused(public.login(token)) == 120


@pytest.mark.parametrize("code", [101, 102, 103, 106, 108, 110, 111, 113, 114, 116, 117, 119, 121])
async def test_an_operation_may_be_told_to_fail_before_it_does_anything(
    bench: Bench, public: Public, code: int
) -> None:
    await agency(bench, public)
    await bench.change(lambda state: state["failing"].update(addAccounts=code))
    assert await refused(public.call("addAccounts", accounts=[NEW])) == code
    assert bench.effects() == []


# ── The wire ──────────────────────────────────────────────────────────────────────────────────

V4 = "http://api.bronto.com/v4"
TOKEN = (
    "<tokens><name>a</name><permissions>1</permissions><active>true</active>"
    "<accountId>%s</accountId></tokens>"
)


async def post(bench: Bench, session: str, operation: str, inner: str, header: str = "") -> str:
    header = (
        header or f'<h:sessionHeader xmlns:h="{V4}"><sessionId>%s</sessionId></h:sessionHeader>'
    )
    body = (
        '<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:i="http://www.w3.org/2001/XMLSchema-instance">'
        f"<E:Header>{header % session}</E:Header>"
        f'<E:Body><v:{operation} xmlns:v="{V4}">{inner}</v:{operation}></E:Body></E:Envelope>'
    )
    async with bench.http.post(f"{bench.base_url}/v4", data=body.encode()) as told:
        return await told.text()


@pytest.mark.parametrize(
    "inner",
    [
        TOKEN.replace("<permissions>1</permissions>", ""),
        TOKEN.replace("<active>true</active>", ""),
        TOKEN.replace("<permissions>1</permissions>", "<permissions i:nil='true'/>"),
        TOKEN.replace("<permissions>1</permissions>", "<permissions>READ</permissions>"),
        TOKEN.replace("<active>true</active>", "<active>yes</active>"),
        TOKEN.replace("tokens>", "v:tokens>"),
        TOKEN.replace("<name>a</name>", "<v:name>a</v:name>"),
        TOKEN.replace("<name>a</name>", "<accountName>a</accountName>"),
        TOKEN.replace("tokens>", "accounts>"),
        TOKEN.replace("<name>a</name>", "<created>yesterday</created>"),
    ],
)
async def test_an_item_that_is_not_of_its_type_is_a_bad_request(
    bench: Bench, public: Public, inner: str
) -> None:
    session = await public.login(bench.tokens()["agency_token"])
    told = await post(bench, session, "addApiTokens", inner % bench.ids()[0])
    assert "<faultstring>107: " in told
    assert bench.effects() == []


async def test_children_may_come_in_any_order_and_booleans_as_digits(
    bench: Bench, public: Public
) -> None:
    session = await public.login(bench.tokens()["agency_token"])
    inner = (
        f"<tokens><accountId>{bench.ids()[0]}</accountId><active>1</active>"
        "<permissions>1</permissions><name>a</name></tokens>"
    )
    told = await post(bench, session, "addApiTokens", inner)
    assert "<errorCode>0</errorCode>" in told
    assert "<errors>" not in told


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("<sessionHeader><sessionId>%s</sessionId></sessionHeader>", 103),
        (f'<h:sessionHeader xmlns:h="{V4}/x"><sessionId>%s</sessionId></h:sessionHeader>', 103),
        (f'<h:sessionHeader xmlns:h="{V4}"><h:sessionId>%s</h:sessionId></h:sessionHeader>', 107),
        (f'<h:sessionHeader xmlns:h="{V4}"><other>%s</other></h:sessionHeader>', 107),
    ],
)
async def test_a_session_counts_only_where_and_as_the_wsdl_has_it(
    bench: Bench, public: Public, header: str, code: int
) -> None:
    session = await public.login(bench.tokens()["agency_token"])
    told = await post(bench, session, "addApiTokens", TOKEN % bench.ids()[0], header)
    assert f"<faultstring>{code}: " in told
    assert bench.effects() == []


async def test_a_session_header_may_turn_history_off(bench: Bench, public: Public) -> None:
    session = await public.login(bench.tokens()["agency_token"])
    header = (
        f'<h:sessionHeader xmlns:h="{V4}"><sessionId>%s</sessionId>'
        "<disableHistory>true</disableHistory></h:sessionHeader>"
    )
    told = await post(bench, session, "addApiTokens", TOKEN % bench.ids()[0], header)
    assert "<errorCode>0</errorCode>" in told


async def test_a_request_without_any_session_is_refused(bench: Bench) -> None:
    told = await post(bench, "", "addApiTokens", TOKEN % bench.ids()[0], "<!--%s-->")
    assert "<faultstring>103: " in told


async def test_each_effect_tells_when_where_and_what(bench: Bench, public: Public) -> None:
    await agency(bench, public)
    await public.call("addAccounts", accounts=[NEW])
    (effect,) = bench.double.effects()
    assert effect == {
        "at": bench.clock.now().isoformat(),
        "agency": "Harbour",
        "operation": "addAccounts",
        "id": bench.ids()[-1],
        "change": NEW,
    }
