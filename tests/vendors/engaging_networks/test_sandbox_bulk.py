"""The double's bulk and public data services, as a public client of the vendor sees them."""

from typing import Any
from xml.etree.ElementTree import fromstring

import aiohttp
import pytest

CSV = b"Email,First name,Last name\nana@example.org,Ana,Silva\nzoe@example.org,Zoe,Quist\n"


async def export(bench: Any, **params: str) -> aiohttp.ClientResponse:
    token = bench.seeded()["private_tokens"][0]
    url = f"{bench.base_url}/ea-dataservice/export.service"
    query = {"token": token, "type": "csv", "startDate": "03092026", **params}
    async with bench.http.get(url, params=query) as answer:
        await answer.read()
        response: aiohttp.ClientResponse = answer
        return response


async def send(bench: Any, upload: bytes | None = CSV, **fields: str) -> tuple[str, str]:
    """An import as public clients send it: content type and text of the answer."""
    filled = {"name": "March", "formatName": "Supporters", **fields}
    filled.setdefault("token", bench.seeded()["private_tokens"][0])
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in filled.items():
        form.add_field(name, value)
    if upload is not None:
        form.add_field("upload", upload, filename="people.csv", content_type="text/csv")
    async with bench.http.post(
        f"{bench.base_url}/ea-dataservice/import.service", data=form
    ) as answer:
        assert answer.status == 200
        return answer.content_type, await answer.text()


async def data(bench: Any, service: str, **params: str) -> Any:
    query = {"service": service, "token": bench.seeded()["public_token"], **params}
    url = f"{bench.base_url}/ea-dataservice/data.service"
    async with bench.http.get(url, params=query) as answer:
        assert answer.status == 200
        return await (answer.json() if params.get("contentType") == "json" else answer.text())


# ── Export ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.case(22)
@pytest.mark.parametrize("kind", ["xml", "standardxml"])
@pytest.mark.parametrize(("types", "rows"), [("NONE", 0), ("DCF", 1), ("", 3)])
async def test_xml_has_a_row_element_for_each_row(
    bench: Any, kind: str, types: str, rows: int
) -> None:
    answer = await export(bench, type=kind, configTypes=types)
    root = fromstring(await answer.text())

    assert answer.headers["Content-Type"] == "text/xml;charset=UTF-8"
    assert answer.headers["Total"] == str(rows)
    assert root.tag == "AOXmlResponse"
    assert len(root.findall("rows/row")) == rows
    if rows:
        names = [cell.tag for cell in root.findall("rows/row")[0]]
        assert names[:4] == ["account_id", "supporter_id", "supporter_email", "type"]


async def test_the_accounts_own_layout_is_of_csv_alone(bench: Any) -> None:
    def customise(state: Any) -> None:
        account = state["accounts"][0]
        account |= {"export_columns": [["Status", "status"]], "file_delimiter": ";"}

    await bench.change(customise)
    own = await (await export(bench)).text()
    common = await (await export(bench, type="standardcsv")).text()

    assert own.splitlines()[0].endswith(";Campaign Date;Status;")
    assert common.splitlines()[0].endswith(";Campaign Date;")


async def test_without_a_type_the_accounts_default_counts(bench: Any) -> None:
    await bench.change(lambda state: state["accounts"][0].update(export_type="xml"))
    url = f"{bench.base_url}/ea-dataservice/export.service"
    query = {"token": bench.seeded()["private_tokens"][0], "startDate": "03092026"}
    async with bench.http.get(url, params=query) as answer:
        assert answer.content_type == "text/xml"


@pytest.mark.case(24)
@pytest.mark.parametrize(
    ("now", "day", "total"),
    [
        # 04:59 UTC is before midnight in winter: that day is today, and has no total.
        ("2026-11-02T04:59:00+00:00", "11012026", False),
        ("2026-11-02T05:00:00+00:00", "11012026", True),
        ("2027-03-15T03:59:00+00:00", "03142027", False),
        ("2027-03-15T04:00:00+00:00", "03142027", True),
    ],
)
async def test_the_vendors_day_ends_at_midnight_in_new_york(
    bench: Any, time: Any, now: str, day: str, total: bool
) -> None:
    then = type(time.clock.now()).fromisoformat(now)
    time.seconds += (then - time.clock.now()).total_seconds()

    assert ("Total" in (await export(bench, startDate=day)).headers) is total


# ── Import ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.case(26)
async def test_an_import_is_told_in_a_sentence_with_its_job_number(bench: Any) -> None:
    kind, text = await send(bench, segmentName="Rivers")

    (effect,) = await bench.effects()
    assert kind == "text/html"
    assert f"Your job # is {effect['job']}." in text
    assert "uploaded successfully" in text
    assert (effect["action"], effect["rows"], effect["segmentName"]) == ("import", 2, "Rivers")
    people = {one["Email Address"]: one for one in bench.seeded()["supporters"]}
    assert people["zoe@example.org"]["Last Name"] == "Quist"
    assert bench.seeded()["jobs"][0]["job"] == effect["job"]


@pytest.mark.case(27)
@pytest.mark.parametrize(
    ("upload", "fields", "error"),
    [
        (b"Email\nana@example.org\n", {}, "does not match the first line"),
        (None, {}, "does not match the first line"),
        (b"", {}, "does not match the first line"),
        (CSV, {"formatName": "Nothing"}, "does not match the first line"),
        (CSV, {"formatName": "importTransactions"}, "does not match the first line"),
        (CSV, {"name": ""}, "contact support"),
        (CSV, {"token": "wrong"}, "token"),
    ],
)
async def test_an_import_that_is_not_taken_is_an_error_with_200(
    bench: Any, upload: bytes | None, fields: dict[str, str], error: str
) -> None:
    _, text = await send(bench, upload, **fields)

    assert text.startswith("Error:")
    assert error in text
    assert await bench.effects() == []


async def test_an_import_with_a_public_token_or_that_is_no_form_is_refused(bench: Any) -> None:
    _, text = await send(bench, token=bench.seeded()["public_token"])
    assert text.startswith("Error:")
    url = f"{bench.base_url}/ea-dataservice/import.service"
    async with bench.http.post(url, data=b"name=March") as answer:
        assert (await answer.text()).startswith("Error:")
    assert await bench.effects() == []


async def test_the_record_of_calls_knows_an_import_by_its_token(bench: Any) -> None:
    await export(bench)
    await send(bench)
    async with bench.http.get(f"{bench.control}/ENGAGING_NETWORKS/calls") as answer:
        calls = await answer.json()

    assert [call["operation"] for call in calls] == ["export.service", "import.service"]
    assert calls[0]["credential"] == calls[1]["credential"] is not None


# ── Public data ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.case(29)
async def test_broadcasts_have_upper_case_names_and_at_most_a_hundred_rows(bench: Any) -> None:
    told = await data(bench, "EaBroadcastInfo", contentType="json", startRow="2", endRow="3")
    names = {column["name"] for row in told["rows"] for column in row["columns"]}
    assert len(told["rows"]) == 2
    assert names == {"CLIENT_ID", "BROADCAST_ID", "BROADCAST_NAME", "BROADCAST_DATE"}

    most = await data(bench, "EaBroadcastInfo", contentType="json", startRow="1", endRow="100")
    beyond = await data(bench, "EaBroadcastInfo", contentType="json", startRow="1", endRow="101")
    assert len(most["rows"]) == 3
    assert "error" in beyond


@pytest.mark.case(29)
async def test_an_empty_result_is_empty_rows_or_an_empty_element(bench: Any) -> None:
    query = {"campaignId": "1"}

    assert await data(bench, "FundraisingSummary", contentType="json", **query) == {"rows": []}
    assert await data(bench, "FundraisingSummary", **query) == "<EaData />"


async def test_json_can_be_called_back(bench: Any) -> None:
    query = {"service": "EaSupporterCount", "contentType": "json", "callback": "shown"}
    url = f"{bench.base_url}/ea-dataservice/data.service"
    async with bench.http.get(
        url, params={**query, "token": bench.seeded()["public_token"]}
    ) as answer:
        assert (await answer.text()).startswith('shown({"rows": [')


@pytest.mark.parametrize(("email", "exists"), [("ANA.silva@example.org", "Y"), ("no@one.org", "N")])
async def test_a_supporter_is_told_of_in_yes_and_no_only(
    bench: Any, email: str, exists: str
) -> None:
    told = await data(bench, "SupporterData", contentType="json", email=email)
    (row,) = told["rows"]
    values = {column["name"]: column["value"] for column in row["columns"]}

    assert values["supporterExists"] == exists
    assert values["First Name"] == exists
    assert "Silva" not in str(values)
