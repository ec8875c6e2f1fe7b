"""The rest of the double's services: what no adapter uses, and public clients of the vendor may."""

import csv
import io
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest

STANDING = {"status": "ACTIVE", "amount": "12.50", "currency": "EUR", "paymentDay": 15}


class Site:
    """A public client's session at the double."""

    def __init__(self, bench: Any) -> None:
        self.bench = bench
        self.session: dict[str, str] = {}

    async def read(self, method: str, path: str, **sent: Any) -> tuple[int, str, bytes]:
        url = f"{self.bench.base_url}/ens/service/{path}"
        async with self.bench.http.request(method, url, headers=self.session, **sent) as answer:
            return answer.status, answer.content_type, await answer.read()

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        url = f"{self.bench.base_url}/ens/service/{path}"
        sent = {} if body is None else {"json": body}
        async with self.bench.http.request(method, url, headers=self.session, **sent) as answer:
            return answer.status, None if answer.status == 204 else await answer.json()

    async def get(self, path: str) -> Any:
        status, told = await self.ask("GET", path)
        assert status == 200
        return told

    @property
    def people(self) -> list[int]:
        return [int(one["supporterId"]) for one in self.bench.seeded()["supporters"]]

    async def effects(self) -> list[str]:
        return [one["action"] for one in await self.bench.effects()]


@pytest.fixture
async def site(bench: Any) -> Site:
    opened = Site(bench)
    key = bench.seeded()["api_user"]["key"]
    async with bench.http.post(f"{bench.base_url}/ens/service/authenticate", data=key) as answer:
        opened.session = {"ens-auth-token": (await answer.json())["ens-auth-token"]}
    return opened


async def data(bench: Any, service: str, **query: str) -> Any:
    """Rows of the public data service as plain objects, or its error's text."""
    token = bench.seeded()["public_token"]
    params = {"service": service, "token": token, "contentType": "json", **query}
    url = f"{bench.base_url}/ea-dataservice/data.service"
    async with bench.http.get(url, params=params) as answer:
        assert answer.status == 200
        told = await answer.json()
    if "error" in told:
        return told["error"]
    return [{cell["name"]: cell["value"] for cell in row["columns"]} for row in told["rows"]]


# ── What is refused ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "supporter/99/originsource", None, 204),
        ("POST", "supporter/99/originsource", {"code": "A", "category": "B"}, 404),
        ("PUT", "supporter/99/originsource", {"code": "A", "category": "B"}, 404),
        ("DELETE", "supporter/99/originsource", None, 404),
        ("GET", "supporter/99/transactions", None, 404),
        ("GET", "supporter/99/transactions/txn-1", None, 204),
        ("GET", "supporter/99/transactions/recurring", None, 404),
        ("GET", "supporter/99/transactions/recurring/txn-1", None, 204),
        ("POST", "supporter/99/transactions/recurring", STANDING, 404),
        ("PUT", "supporter/99/transactions/recurring/txn-1", STANDING, 404),
        ("GET", "supporter/importformat/99", None, 404),
        ("PUT", "supporter/importformat/99", {"name": "A", "format": []}, 404),
        ("DELETE", "supporter/importformat/99", None, 404),
        ("POST", "exportjob", {"queryName": "Nobody", "fileType": "csv"}, 404),
        ("GET", "exportjob/99", None, 404),
        ("GET", "exportjob/99/download", None, 404),
        ("GET", "page/component/gadget", None, 404),
        ("GET", "page/component/widget/99", None, 404),
        ("GET", "page/component/gadget/99", None, 404),
        ("GET", "page/99/survey?startDate=2026-03-01&endDate=2026-03-02", None, 404),
        ("GET", "ma/99", None, 404),
        ("GET", "ma/99/stats?startMonth=202601&endMonth=202602", None, 404),
        ("POST", "ma/99/supporter/bulk", {"campaigners": [1]}, 404),
    ],
)
async def test_an_unknown_id_is_refused(
    site: Site, method: str, path: str, body: Any, status: int
) -> None:
    assert (await site.ask(method, path, body))[0] == status
    assert await site.effects() == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "supporter/bulk", {"field": "First Name", "value": True, "campaigners": [1]}),
        ("PUT", "supporter/bulk", {"field": "suppressed", "value": "maybe", "campaigners": [1]}),
        ("PUT", "supporter/bulk", {"field": "suppressed", "value": True}),
        ("PUT", "supporter/bulk", {"field": "suppressed", "value": True, "campaigners": ["1"]}),
        ("POST", "supporter/{other}/originsource", {"code": "A"}),
        ("PUT", "supporter/{person}/originsource", {"code": "A", "category": 1}),
        ("POST", "supporter/{person}/originsource", {"code": "A", "category": "B"}),
        ("POST", "supporter/{person}/transactions/recurring", {"amount": 5}),
        ("POST", "supporter/{person}/transactions/recurring", {**STANDING, "amount": -1}),
        ("POST", "supporter/{person}/transactions/recurring", {**STANDING, "amount": "much"}),
        ("POST", "supporter/{person}/transactions/recurring", {**STANDING, "paymentDay": 32}),
        ("PUT", "supporter/{person}/transactions/recurring/{txn}", {}),
        ("PUT", "supporter/{person}/transactions/recurring/{txn}", {"colour": "red"}),
        ("PUT", "supporter/{person}/transactions/recurring/{txn}", {"status": "LOST"}),
        ("PUT", "supporter/importformat/4101", {"name": "Short"}),
        ("PUT", "supporter/importformat/4101", {"name": "Short", "format": [{"name": "A"}]}),
        ("POST", "exportjob", {"queryName": "All supporters"}),
        ("POST", "exportjob", {"queryName": "All supporters", "fileType": "pdf"}),
        ("POST", "exportjob", {"queryName": "All supporters", "fileType": ["csv"]}),
        ("GET", "page/component/widget?rows=0", None),
        ("GET", "page/component/widget?page=x", None),
        ("GET", "page/{page}/survey", None),
        ("GET", "page/{page}/survey?startDate=2026-03-02&endDate=2026-03-01", None),
        ("GET", "page/{page}/survey?startDate=03022026&endDate=03032026", None),
        ("GET", "ma/{ma}/stats?startMonth=202601", None),
        ("GET", "ma/{ma}/stats?startMonth=202613&endMonth=202614", None),
        ("POST", "ma/{ma}/supporter/bulk", {}),
        ("GET", "account/auditlog?startDate=01/03/2026", None),
    ],
)
async def test_what_is_missing_or_wrong_is_refused_and_changes_nothing(
    site: Site, method: str, path: str, body: Any
) -> None:
    seeded = site.bench.seeded()
    known = {
        "person": site.people[0],
        "other": site.people[1],
        "txn": seeded["transactions"][2]["transactionId"],
        "page": seeded["pages"][0]["id"],
        "ma": seeded["automations"][0]["id"],
    }

    status, told = await site.ask(method, path.format(**known), body)
    assert status == 400
    assert told["message"]
    assert await site.effects() == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "supporter/bulk"),
        ("PUT", "supporter/1/transactions"),
        ("DELETE", "exportjob/1"),
        ("POST", "page/component/widget"),
        ("PUT", "ma/1"),
        ("POST", "account/auditlog"),
    ],
)
async def test_a_method_that_a_path_does_not_have_is_refused(
    site: Site, method: str, path: str
) -> None:
    assert (await site.ask(method, path))[0] == 405


async def test_another_accounts_ids_are_unknown(site: Site) -> None:
    other = site.bench.seeded(index=1)
    person, gift = other["supporters"][0]["supporterId"], other["transactions"][0]["transactionId"]
    paths = {
        f"supporter/{person}/originsource": 204,
        f"supporter/{person}/transactions": 404,
        f"supporter/{person}/transactions/{gift}": 204,
        f"page/component/widget/{other['components']['widget'][0]['id']}": 404,
        f"ma/{other['automations'][0]['id']}": 404,
    }

    assert {path: (await site.ask("GET", path))[0] for path in paths} == paths


@pytest.mark.parametrize(
    ("lacking", "path"),
    [
        ("supporters", "supporter/1/transactions"),
        ("supporters", "ma"),
        ("pages", "page/component/widget"),
        ("account", "account/auditlog"),
    ],
)
async def test_each_service_needs_its_permission(
    bench: Any, site: Site, lacking: str, path: str
) -> None:
    def take_away(state: dict[str, Any]) -> None:
        state["accounts"][0]["api_user"]["permissions"].remove(lacking)

    await bench.change(take_away)

    assert (await site.ask("GET", path))[0] == 403


# ── Supporters ────────────────────────────────────────────────────────────────────────────────


async def test_supporters_are_suppressed_in_bulk_and_those_who_are_known_are_counted(
    site: Site,
) -> None:
    ana, bo, _ = site.people
    body = {"field": "suppressed", "value": True, "campaigners": [ana, bo, 99]}

    assert await site.ask("PUT", "supporter/bulk", body) == (200, 2)
    assert [(await site.get(f"supporter/{one}"))["suppressed"] for one in (ana, bo)] == [True, True]
    assert await site.ask("PUT", "supporter/bulk", {**body, "value": "false"}) == (200, 2)
    assert (await site.get(f"supporter/{ana}"))["suppressed"] is False
    assert await site.effects() == ["supporter.bulk", "supporter.bulk"]


async def test_an_origin_source_is_made_once_read_changed_and_deleted(site: Site) -> None:
    bo = site.people[1]
    path, first = f"supporter/{bo}/originsource", {"code": "WEB", "category": "Online"}
    assert (await site.ask("GET", path))[0] == 204
    assert await site.ask("POST", path, first) == (200, {"id": bo})
    assert (await site.ask("POST", path, first))[0] == 400
    assert await site.get(path) == first
    assert await site.ask("PUT", path, {**first, "code": "SMS"}) == (200, {"id": bo})
    assert await site.get(path) == {"code": "SMS", "category": "Online"}
    assert await site.ask("DELETE", path) == (200, {"id": bo})
    assert (await site.ask("GET", path))[0] == 204
    verbs = ("create", "update", "delete")
    assert await site.effects() == [f"originsource.{verb}" for verb in verbs]


async def test_a_deleted_supporter_has_neither_an_origin_source_nor_transactions(
    site: Site,
) -> None:
    ana, gift = site.people[0], site.bench.seeded()["transactions"][0]["transactionId"]
    assert (await site.ask("GET", f"supporter/{ana}/transactions/{gift}"))[0] == 200
    await site.ask("DELETE", f"supporter/{ana}")

    assert (await site.ask("GET", f"supporter/{ana}/originsource"))[0] == 204
    assert (await site.ask("GET", f"supporter/{ana}/transactions/{gift}"))[0] == 204


async def test_transactions_are_listed_in_the_shapes_of_their_types(site: Site) -> None:
    single, standing = await site.get(f"supporter/{site.people[0]}/transactions")

    assert (single["exportType"], single["createdDate"]) == ("FCS", 1_772_895_600)
    assert "createdOn" not in single
    assert (standing["exportType"], standing["createdOn"]) == ("FCR", "05/03/2026")
    assert standing["createdDate"] > 1e11


async def test_a_transaction_is_read_by_its_gateway_id_only(site: Site) -> None:
    path = f"supporter/{site.people[0]}/transactions"
    single, _ = await site.get(path)

    assert await site.get(f"{path}/{single['transactionId']}") == single
    assert (await site.ask("GET", f"{path}/{single['id']}"))[0] == 204


async def test_the_payment_of_a_processed_page_is_a_transaction_and_a_demonstration_is_not(
    site: Site,
) -> None:
    page, ana = site.bench.seeded()["pages"][2]["id"], site.people[0]
    sent = {
        "supporter": {"Email Address": "ana.silva@example.org"},
        "transaction": {"paymentamt": "10", "paycurrency": "EUR"},
    }
    await site.ask("POST", f"page/{page}/process", {**sent, "demo": True})
    assert len(await site.get(f"supporter/{ana}/transactions")) == 2
    _, paid = await site.ask("POST", f"page/{page}/process", sent)

    told = await site.get(f"supporter/{ana}/transactions/{paid['transactionId']}")
    assert (told["amount"], told["currency"], told["pageId"]) == ("10", "EUR", page)


async def test_a_recurring_transaction_is_made_listed_and_changed(site: Site) -> None:
    path = f"supporter/{site.people[1]}/transactions/recurring"
    assert await site.get(path) == []
    status, made = await site.ask("POST", path, STANDING)
    (told,) = await site.get(path)
    assert (status, told["id"], told["frequency"]) == (200, made["id"], "MONTHLY")
    assert {name: told[name] for name in STANDING} == STANDING

    one = f"{path}/{told['transactionId']}"
    assert await site.ask("PUT", one, {"status": "SUSPENDED", "amount": 9}) == (200, made)
    assert await site.get(one) == {**told, "status": "SUSPENDED", "amount": 9}
    assert await site.effects() == ["recurring.create", "recurring.update"]


async def test_a_single_gift_is_not_a_recurring_one(site: Site) -> None:
    path = f"supporter/{site.people[0]}/transactions"
    single, standing = await site.get(path)

    assert await site.get(f"{path}/recurring") == [standing]
    assert (await site.ask("GET", f"{path}/recurring/{single['transactionId']}"))[0] == 204


async def test_an_import_format_is_read_changed_and_deleted(site: Site) -> None:
    path = "supporter/importformat/4101"
    told = {"name": "Short", "format": [{"name": "Email Address", "label": "E-mail"}]}
    assert (await site.get(path))["name"] == "Supporters"
    assert await site.ask("PUT", path, told) == (200, {"id": 4101})
    assert await site.get(path) == {"id": 4101, **told}
    assert await site.ask("DELETE", path) == (200, {"id": 4101})
    assert (await site.ask("GET", path))[0] == 404
    assert await site.effects() == ["importformat.update", "importformat.delete"]


# ── Export jobs ───────────────────────────────────────────────────────────────────────────────


async def begin(site: Site, query: str, kind: str) -> int:
    status, told = await site.ask("POST", "exportjob", {"queryName": query, "fileType": kind})
    assert (status, told["status"], told["url"]) == (200, "pending", None)
    return int(told["id"])


async def test_an_export_job_is_pending_and_then_completed_with_an_address(
    site: Site, time: Any
) -> None:
    job = await begin(site, "All supporters", "csv")
    assert (await site.ask("GET", f"exportjob/{job}/download"))[0] == 204
    time.seconds += 30
    told = await site.get(f"exportjob/{job}")

    assert told["status"] == "completed"
    url = f"{site.bench.base_url}/ens/service/exportjob/{job}/download"
    assert told["url"] == url
    assert await site.effects() == ["exportjob.create"]


@pytest.mark.parametrize(
    ("query", "kind", "first"),
    [
        ("All supporters", "csv", ["ana.silva", "bo.lind", "cleo.marsh"]),
        ("All supporters", "standardcsv", ["ana.silva", "bo.lind", "cleo.marsh"]),
        ("Suppressed", "csv", ["cleo.marsh"]),
    ],
)
async def test_the_file_of_an_export_job_has_who_the_query_found_when_it_began(
    site: Site, time: Any, query: str, kind: str, first: list[str]
) -> None:
    job = await begin(site, query, kind)
    await site.ask("DELETE", f"supporter/{site.people[2]}")
    time.seconds += 30
    status, media, body = await site.read("GET", f"exportjob/{job}/download")

    header, *rows = csv.reader(io.StringIO(body.decode()))
    assert (status, media) == (200, "text/csv")
    assert header == ["Supporter ID", "Supporter Email", "First Name", "Last Name"]
    assert [row[1].partition("@")[0] for row in rows] == first


async def test_an_export_job_makes_spreadsheets_too(site: Site, time: Any) -> None:
    old, new = [await begin(site, "Suppressed", kind) for kind in ("xls", "xlsx")]
    time.seconds += 30
    _, old_media, old_body = await site.read("GET", f"exportjob/{old}/download")
    _, new_media, new_body = await site.read("GET", f"exportjob/{new}/download")

    assert (old_media, new_media.rpartition(".")[2]) == ("application/vnd.ms-excel", "sheet")
    with ZipFile(io.BytesIO(new_body)) as archive:
        assert archive.testzip() is None
        sheets = [old_body, archive.read("xl/worksheets/sheet1.xml")]
    for sheet in sheets:
        cells = [text for text in ElementTree.fromstring(sheet).itertext() if text.strip()]
        assert len(cells) == 8
        assert cells[5:] == ["cleo.marsh@example.org", "Cleo", "Marsh"]


# ── Pages ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "kind",
    ["codeblock", "formblock", "page", "template", "textblock", "thankemail", "upsell", "widget"],
)
async def test_components_of_each_kind_are_listed_and_read(site: Site, kind: str) -> None:
    told = await site.get(f"page/component/{kind}")

    assert len(told) == 2
    assert told[0].keys() == {"id", "name", "createdOn", "modifiedOn", "ownedBy", "folderId"}
    assert await site.get(f"page/component/{kind}/{told[1]['id']}") == told[1]


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("rows=1", [0]),
        ("rows=1&start=1", [1]),
        ("rows=1&page=2", [1]),
        ("folderId=1", [1]),
        ("start=9", []),
    ],
)
async def test_components_come_in_pages_and_from_folders(
    site: Site, query: str, places: list[int]
) -> None:
    whole = await site.get("page/component/widget")

    assert await site.get(f"page/component/widget?{query}") == [whole[n] for n in places]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("startDate=2026-03-02&endDate=2026-03-02", 2),
        ("startDate=2026-03-03&endDate=2026-03-09", 0),
        ("startDate=2026-03-01&endDate=2026-03-09&exportGroupName=Rivers", 2),
        ("startDate=2026-03-01&endDate=2026-03-09&exportGroupName=Hills", 0),
    ],
)
async def test_a_survey_tells_the_answers_between_two_days(
    site: Site, query: str, count: int
) -> None:
    page = site.bench.seeded()["pages"][0]["id"]
    told = await site.get(f"page/{page}/survey?{query}")

    assert len(told) == count
    assert [one["supporterId"] for one in told] == site.people[:count]
    assert all(one["responses"][0]["question"] == "Do you swim?" for one in told)


# ── Automations, the audit log ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 1), ("?folderId=0&name=welcome", 1), ("?folderId=3", 0), ("?name=x", 0)],
)
async def test_automations_are_listed_by_folder_and_name_and_read(
    site: Site, query: str, count: int
) -> None:
    listed = await site.get(f"ma{query}")

    assert len(listed) == count
    for one in listed:
        assert await site.get(f"ma/{one['id']}") == one


async def test_supporters_enter_an_automation_once_and_its_month_counts_them(site: Site) -> None:
    (one,) = await site.get("ma")
    path, stats = f"ma/{one['id']}/supporter/bulk", f"ma/{one['id']}/stats"
    body = {"campaigners": [*site.people[:2], 99]}

    assert await site.ask("POST", path, body) == (200, 2)
    assert await site.ask("POST", path, body) == (200, 0)
    told = await site.get(f"{stats}?startMonth=202601&endMonth=202603")
    assert told == {"id": one["id"], "stats": [{"month": "202603", "entered": 4}]}
    assert (await site.get(f"{stats}?startMonth=202601&endMonth=202602"))["stats"] == []
    assert await site.effects() == ["ma.add", "ma.add"]


@pytest.mark.parametrize(
    ("query", "types"),
    [
        ("", ["LOGIN", "DELETE"]),
        ("?type=delete", ["DELETE"]),
        ("?entityType=USER", ["LOGIN"]),
        ("?startDate=2026-03-09", ["DELETE"]),
        ("?endDate=2026-03-09", ["LOGIN"]),
    ],
)
async def test_the_audit_log_is_csv_and_tells_of_writes(
    site: Site, query: str, types: list[str]
) -> None:
    await site.ask("DELETE", f"supporter/{site.people[0]}")
    status, media, body = await site.read("GET", f"account/auditlog{query}")

    rows = list(csv.DictReader(io.StringIO(body.decode())))
    assert (status, media) == (200, "text/csv")
    assert [row["type"] for row in rows] == types


# ── Public data ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("newjoins", {"newJoins": "3"}),
        ("netdonortransactions", {"transactionTotal": "3"}),
        (
            "netdonoramounts",
            {"USD": "0.00", "GBP": "10.50", "EUR": "30.00", "CAD": "0.00", "AUD": "0.00"},
        ),
        ("broadcaststats", {"broadcastTotal": "3"}),
    ],
)
async def test_account_reports_go_by_british_days(
    bench: Any, kind: str, told: dict[str, str]
) -> None:
    days = {"startDate": "29/01/2026", "endDate": "09/03/2026"}
    rows = await data(bench, "AccountReports", resultType=kind, **days)

    assert rows == [{"clientId": str(bench.seeded()["client_id"]), **told}]


async def test_an_account_report_of_totals_has_the_number_of_supporters(bench: Any) -> None:
    days = {"startDate": "01/03/2026", "endDate": "02/03/2026"}
    (row,) = await data(bench, "AccountReports", resultType="accounttotals", **days)

    assert row["supporterTotal"] == str(bench.seeded()["supporter_count"])


@pytest.mark.parametrize(
    ("service", "parameter", "key"),
    [
        ("FundraisingSummary", "campaignId", "campaignId"),
        ("FundraisingSummaryByPage", "pageid", "id"),
    ],
)
async def test_a_fundraising_summary_goes_by_iso_days_and_has_no_row_without_gifts(
    bench: Any, service: str, parameter: str, key: str
) -> None:
    wanted = {parameter: str(bench.seeded()["pages"][2][key])}
    (row,) = await data(bench, service, **wanted, startDate="2026-03-07", endDate="2026-03-07")

    assert (row["EUR"], row["GBP"]) == ("25.00", "0.00")
    assert await data(bench, service, **wanted, startDate="2026-03-08") == []
    assert await data(bench, service, **{parameter: "1"}) == []


@pytest.mark.parametrize("service", ["RollCall", "FundraisingRollCall"])
async def test_a_roll_call_has_twenty_names_at_most_and_no_address(
    bench: Any, service: str
) -> None:
    def many(state: dict[str, Any]) -> None:
        account = state["accounts"][0]
        account["activity"] *= 10
        account["transactions"] *= 10

    await bench.change(many)
    page = bench.seeded()["pages"][2 if service == "FundraisingRollCall" else 0]
    rows = await data(bench, service, campaignId=str(page["campaignId"]), dataSet="1")

    assert len(rows) == 20
    assert {row["FIRST_NAME"] for row in rows} <= {"Ana", "Bo"}
    assert "@" not in str(rows)


@pytest.mark.parametrize(
    "service",
    [
        "EaDataCapture",
        "EaEmailAOTarget",
        "NetDonor",
        "ProfileCount",
        "EventDetails",
        "EaSupporterQuestionResponse",
        "ActiveJobs",
        "JourneyMessageDetails",
        "ContactsByParty",
        "BroadcastMessageAttribute",
        "EaReferenceData",
        "DataApiResult",
    ],
)
async def test_services_whose_rows_are_not_told_have_none(bench: Any, service: str) -> None:
    assert await data(bench, service) == []


@pytest.mark.parametrize(
    ("service", "query", "error"),
    [
        ("AccountReports", {}, "DD/MM/YYYY"),
        ("AccountReports", {"startDate": "2026-03-01", "endDate": "2026-03-02"}, "DD/MM/YYYY"),
        ("AccountReports", {"startDate": "31/02/2026", "endDate": "01/03/2026"}, "DD/MM/YYYY"),
        ("AccountReports", {"startDate": "01/03/2026", "endDate": "02/03/2026"}, "resultType"),
        ("FundraisingSummary", {}, "campaignId"),
        ("FundraisingSummary", {"campaignId": "1", "startDate": "01/03/2026"}, "YYYY-MM-DD"),
        ("FundraisingSummaryByPage", {"campaignId": "1"}, "pageid"),
        ("EaBroadcastInfo", {"startRow": "1", "endRow": "101"}, "100"),
        ("RollCall", {"campaignId": "1"}, "dataSet"),
        ("FundraisingRollCall", {"dataSet": "1"}, "campaignId"),
    ],
)
async def test_a_public_service_without_what_it_needs_tells_an_error_with_200(
    bench: Any, service: str, query: dict[str, str], error: str
) -> None:
    told = await data(bench, service, **query)

    assert isinstance(told, str)
    assert error in told
