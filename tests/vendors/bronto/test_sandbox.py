"""Bronto's double, driven by zeep as it comes: what works here works with the vendor."""

import json

import pytest

from gateway.double import World
from gateway.vendors.bronto.sandbox import create

from .conftest import Bench, Time
from .public import Public, refused


async def test_an_agency_reads_its_accounts_page_by_page(bench: Bench, public: Public) -> None:
    await public.login(bench.tokens()["agency_token"])
    first = await public.call("readAccounts", filter={}, includeInfo=True, pageNumber=1)
    assert [each.id for each in first] == bench.ids()
    assert first[0].contactInformation.organization == "Rivers SL"
    assert first[0].allocations.startDate.year == 2019
    assert not await public.call("readAccounts", filter={}, includeInfo=True, pageNumber=2)


async def test_without_info_only_id_name_and_status_are_told(bench: Bench, public: Public) -> None:
    await public.login(bench.tokens()["agency_token"])
    first, *_ = await public.call("readAccounts", includeInfo=False, pageNumber=1)
    assert (first.name, first.status) == ("Rivers SL", "unrestricted")
    assert first.generalSettings is None


async def test_each_agency_sees_its_own(bench: Bench, public: Public) -> None:
    seen = []
    for agency in ("Harbour", "Meadow"):
        await public.login(bench.tokens(agency)["agency_token"])
        rows = await public.call("readApiTokens", filter={}, pageNumber=1)
        seen.append({each.id for each in rows})
    assert seen[0].isdisjoint(seen[1])
    assert [len(each) for each in seen] == [3, 2]


RIVERS, TREES = "Rivers SL", "Trees & Co"


@pytest.mark.parametrize(
    ("operator", "value", "names"),
    [
        ("EqualTo", RIVERS, [RIVERS]),
        ("EqualTo", "Rivers", []),
        ("NotEqualTo", RIVERS, [TREES]),
        ("StartsWith", "Riv", [RIVERS]),
        ("EndsWith", "Co", [TREES]),
        ("DoesNotStartWith", "R", [TREES]),
        ("DoesNotEndWith", "o", [RIVERS]),
        ("Contains", "&", [TREES]),
        ("DoesNotContain", "&", [RIVERS]),
    ],
)
async def test_names_are_compared_as_the_operator_says(
    bench: Bench, public: Public, operator: str, value: str, names: list[str]
) -> None:
    criteria = {"type": "AND", "name": [{"operator": operator, "value": value}]}
    await public.login(bench.tokens()["agency_token"])
    rows = await public.call("readAccounts", filter=criteria, includeInfo=False, pageNumber=1)
    assert [each.name for each in rows or []] == names


@pytest.mark.parametrize(
    ("join", "ids", "names"),
    [("OR", ["none"], [RIVERS]), ("AND", ["none"], []), ("OR", [], [RIVERS])],
)
async def test_criteria_join_by_and_or_or(
    bench: Bench, public: Public, join: str, ids: list[str], names: list[str]
) -> None:
    criteria = {"type": join, "id": ids, "name": [{"operator": "Contains", "value": "v"}]}
    await public.login(bench.tokens()["agency_token"])
    rows = await public.call("readAccounts", filter=criteria, includeInfo=False, pageNumber=1)
    assert [each.name for each in rows or []] == names


async def test_ids_of_one_filter_are_alternatives(bench: Bench, public: Public) -> None:
    criteria = {"type": "AND", "id": [*bench.ids(), "none"]}
    await public.login(bench.tokens()["agency_token"])
    rows = await public.call("readAccounts", filter=criteria, includeInfo=False, pageNumber=1)
    assert [each.id for each in rows] == bench.ids()


async def test_tokens_are_found_by_account_and_carry_their_own_value(
    bench: Bench, public: Public
) -> None:
    first = bench.ids()[0]
    await public.login(bench.tokens()["agency_token"])
    (token,) = await public.call(
        "readApiTokens", filter={"type": "AND", "accountId": [first]}, pageNumber=1
    )
    assert token.id == bench.tokens()["client_tokens"][first]
    assert (token.permissions, token.active, token.accountId) == (7, True, first)
    assert token.created.utcoffset() is not None


async def test_a_clients_token_reads_inside_its_account_only(bench: Bench, public: Public) -> None:
    first = bench.ids()[0]
    await public.login(bench.tokens()["client_tokens"][first])
    lists = await public.call("readLists", filter={}, pageNumber=1, pageSize=1)
    assert [each.name for each in lists] == ["Newsletter"]
    (login,) = await public.call("readLogins", filter={}, pageNumber=1)
    assert login.username == "ana@rivers.example"
    asked = public.call("readAccounts", filter={}, includeInfo=False, pageNumber=1)
    assert await refused(asked) == 104
    assert await refused(public.call("readApiTokens", filter={}, pageNumber=1)) == 104


async def test_an_all_clients_token_reads_nothing_inside_an_account(
    bench: Bench, public: Public
) -> None:
    await public.login(bench.tokens()["agency_token"])
    assert await refused(public.call("readLists", filter={}, pageNumber=1)) == 104


async def test_logging_out_ends_the_session_and_no_other(bench: Bench, public: Public) -> None:
    token = bench.tokens()["agency_token"]
    first = await public.login(token)
    second = await public.login(token)
    assert first != second
    outcome = await public.call("logout")
    assert outcome.errors == []
    assert outcome.results[0].errorCode == 0
    assert await refused(public.call("readLogins", filter={}, pageNumber=1)) == 103
    public._session = first
    assert len(await public.call("readLogins", filter={}, pageNumber=1)) == 1


async def test_a_session_slides_for_twenty_minutes(
    bench: Bench, public: Public, time: Time
) -> None:
    await public.login(bench.tokens()["agency_token"])
    for _ in range(3):
        time.seconds += 20 * 60 - 1
        await public.call("readLogins", filter={}, pageNumber=1)
    time.seconds += 20 * 60
    assert await refused(public.call("readLogins", filter={}, pageNumber=1)) == 103


async def test_what_people_do_in_the_dashboard_is_felt_and_recorded(
    bench: Bench, public: Public
) -> None:
    first = bench.ids()[0]
    made = (await bench.dashboard(action="generate_token", client=first, permissions=2))["token"]
    await public.login(made)
    assert await refused(public.call("readLists", filter={}, pageNumber=1)) == 104
    await bench.dashboard(action="deactivate", token=made)
    assert await refused(public.call("readLists", filter={}, pageNumber=1)) == 103
    assert await refused(public.login(made)) == 121
    await bench.dashboard(action="revoke_token", token=made)
    assert await refused(public.login(made)) == 102
    await bench.dashboard(action="deactivate", account=first)
    assert await refused(public.login(bench.tokens()["client_tokens"][first])) == 109
    await bench.dashboard(action="revoke_token")
    assert bench.tokens()["agency_token"] is None
    assert [each["action"] for each in bench.double.effects()] == [
        "generate_token",
        "deactivate",
        "revoke_token",
        "deactivate",
        "revoke_token",
    ]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"pageNumber": 0}, 106),
        ({"pageNumber": 1, "pageSize": 5001}, 114),
        ({"pageNumber": 1, "pageSize": 0}, 115),
    ],
)
async def test_pages_have_their_bounds(
    bench: Bench, public: Public, arguments: dict[str, int], code: int
) -> None:
    await public.login(bench.tokens()["client_tokens"][bench.ids()[0]])
    assert await refused(public.call("readLists", filter={}, **arguments)) == code


ENVELOPE = (
    '<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:i="http://www.w3.org/2001/XMLSchema-instance">%s<E:Body>%s</E:Body></E:Envelope>'
)
READ = '<v:readAccounts xmlns:v="http://api.bronto.com/v4">%s</v:readAccounts>'
SESSION = '<E:Header><sessionHeader xmlns="http://api.bronto.com/v4">%s</sessionHeader></E:Header>'


async def post(bench: Bench, body: str, path: str = "/v4") -> tuple[int, str]:
    async with bench.http.post(f"{bench.base_url}{path}", data=body.encode()) as answer:
        return answer.status, await answer.text()


@pytest.mark.parametrize("path", ["/v4", "/v4/"])
@pytest.mark.parametrize(
    "inner",
    [
        "<includeInfo>0</includeInfo><pageNumber>1</pageNumber>",
        "<pageNumber>1</pageNumber><includeInfo>false</includeInfo><filter/>",
        '<filter i:type="v:accountFilter"><type>AND</type></filter>'
        "<includeInfo>true</includeInfo><pageNumber>1</pageNumber>",
        '<filter i:nil="true"/><includeInfo>1</includeInfo><pageNumber>1</pageNumber>'
        "<status>unrestricted</status>",
    ],
)
async def test_the_wire_is_tolerant_where_the_vendors_is(
    bench: Bench, path: str, inner: str
) -> None:
    token = bench.tokens()["agency_token"]
    login = f'<login xmlns="http://api.bronto.com/v4"><apiToken xmlns="">{token}</apiToken></login>'
    status, told = await post(bench, ENVELOPE % ("<E:Header/>", login), path)
    assert status == 200
    session = told.partition("<return>")[2].partition("</return>")[0]
    header = SESSION % f'<sessionId xmlns="">{session}</sessionId>'
    status, told = await post(bench, ENVELOPE % (header, READ % inner), path)
    assert (status, told.count("<return>")) == (200, 2)


WHOLE = "<includeInfo>1</includeInfo><pageNumber>1</pageNumber>"


@pytest.mark.parametrize(
    ("inner", "code"),
    [
        ("", 107),
        ("<pageNumber>1</pageNumber>", 107),
        ("<includeInfo>1</includeInfo>", 107),
        ("<includeInfo>1</includeInfo><pageNumber/>", 107),
        ("<includeInfo>1</includeInfo><pageNumber>x</pageNumber>", 107),
        ("<includeInfo>yes</includeInfo><pageNumber>1</pageNumber>", 107),
        ("<v:includeInfo>1</v:includeInfo><pageNumber>1</pageNumber>", 107),
        ("<includeInfo><a/></includeInfo><pageNumber>1</pageNumber>", 107),
        (WHOLE + "<pageNumber>1</pageNumber>", 107),
        (WHOLE + "<pageSize>1</pageSize>", 107),
        (WHOLE + "<filter><username/></filter>", 107),
        (WHOLE + "<filter><type>XOR</type></filter>", 112),
        (WHOLE + "<filter><name><operator>Like</operator></name></filter>", 106),
    ],
)
async def test_a_bad_request_is_a_fault_with_its_number(
    bench: Bench, inner: str, code: int
) -> None:
    token = bench.tokens()["agency_token"]
    await bench.change(
        lambda state: state.update(
            sessions={"s1": {"token": token, "used": bench.clock.now().isoformat()}}
        )
    )
    status, told = await post(
        bench, ENVELOPE % (SESSION % '<sessionId xmlns="">s1</sessionId>', READ % inner)
    )
    assert status == 500
    assert f"<faultstring>{code}: " in told
    assert f"<errorCode>{code}</errorCode>" in told


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", 107),
        ("<html/>", 107),
        (ENVELOPE % ("", ""), 107),
        (ENVELOPE % ("", '<a xmlns="urn:other"/>'), 107),
        (ENVELOPE % ("", READ % ""), 103),
    ],
)
async def test_what_is_no_call_in_a_session_is_a_fault(bench: Bench, body: str, code: int) -> None:
    status, told = await post(bench, body)
    assert status == 500
    assert f"<faultstring>{code}: " in told


async def test_an_unknown_operation_is_a_bad_request(bench: Bench, public: Public) -> None:
    session = await public.login(bench.tokens()["agency_token"])
    header = SESSION % f'<sessionId xmlns="">{session}</sessionId>'
    unknown = '<v:readContacts xmlns:v="http://api.bronto.com/v4"/>'
    status, told = await post(bench, ENVELOPE % (header, unknown))
    assert (status, "<faultstring>107: " in told) == (500, True)


async def test_the_wsdl_has_the_address_at_which_it_was_asked_for(bench: Bench) -> None:
    async with bench.http.get(f"{bench.base_url}/v4/?wsdl", headers={"Host": 'a&"b:80'}) as answer:
        assert 'location="http://a&amp;&quot;b:80/v4/"' in await answer.text()
    async with bench.http.get(f"{bench.base_url}/other") as answer:
        assert answer.status == 404


# ── For the harness ───────────────────────────────────────────────────────────────────────────


def test_the_same_world_is_the_same_double_and_its_state_is_json(world: World, time: Time) -> None:
    one, other = create(world, time.clock), create(world, time.clock)
    assert one.state() == other.state()
    assert json.loads(json.dumps(one.state())) == one.state()


def test_state_resets_to_itself_and_is_not_shared(world: World, time: Time) -> None:
    double = create(world, time.clock)
    seeded = double.state()
    double.dashboard({"action": "deactivate", "agency": "Harbour"})
    changed = double.state()
    assert changed != seeded
    double.reset(None)
    assert double.state() == seeded
    assert double.effects() == []
    double.reset(changed)
    changed["agencies"].clear()
    assert double.state()["agencies"].keys() == {"Harbour", "Meadow"}


def test_a_customer_of_two_agencies_has_two_accounts(world: World, time: Time) -> None:
    double = create(world, time.clock)
    (harbour,), (meadow,) = double.accounts("Harbour"), double.accounts("Meadow")
    lines = [harbour.ledger[0], meadow.ledger[0]]
    assert [each["client"] for each in lines] == ["Rivers SL", "Rivers SL"]
    assert lines[0]["vendorId"] != lines[1]["vendorId"]
    assert harbour.credentials["agency_token"] != meadow.credentials["agency_token"]
    assert len(harbour.credentials["client_tokens"]) == 1
    assert double.accounts("Nobody") == ()


def test_requests_are_told_apart_for_the_record(world: World, time: Time) -> None:
    double = create(world, time.clock)
    token = double.describe("http://x/")["agencies"]["Harbour"]["agency_token"]
    login = f'<login xmlns="http://api.bronto.com/v4"><apiToken>{token}</apiToken></login>'
    body = (ENVELOPE % ("", login)).encode()
    assert double.operation("POST", "/v4", "", body) == "login"
    assert double.credential({}, "", body) == token
    assert double.principal(token) == ("Harbour", token)
    body = (ENVELOPE % (SESSION % "<sessionId>s1</sessionId>", READ % "")).encode()
    assert double.operation("POST", "/v4/", "", body) == "readAccounts"
    assert double.credential({}, "", body) == "s1"
    assert double.principal("s1") is None
    assert double.operation("GET", "/v4", "wsdl", b"") == "wsdl"
    assert double.operation("POST", "/v4", "", b"<") == ""
    assert double.credential({}, "", b"<") is None


@pytest.mark.parametrize(
    "action",
    [
        {"action": "deactivate"},
        {"action": "deactivate", "agency": "Nobody"},
        {"action": "roll_key", "agency": "Harbour"},
        {"action": "revoke_token", "agency": "Harbour", "token": "none"},
        {"action": "revoke_token", "agency": "Harbour", "client": "none"},
        {"action": "generate_token", "agency": "Harbour", "client": "none"},
        {"action": "deactivate", "agency": "Harbour", "account": "none"},
    ],
)
def test_what_cannot_be_done_in_the_dashboard_is_said_and_not_done(
    world: World, time: Time, action: dict[str, str]
) -> None:
    double = create(world, time.clock)
    before = double.state()["agencies"]
    with pytest.raises(ValueError, match=r"\.$"):
        double.dashboard(action)
    assert double.state()["agencies"] == before
    assert double.effects() == []
