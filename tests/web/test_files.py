"""`/exports/{id}` and `/imports/{id}`: who may, in which way, and what is left behind."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from gateway.domain.caller import Scope
from gateway.domain.exports import exportable_to
from gateway.domain.vendor import VendorName
from gateway.web.files import LARGEST
from tests.e2e.mutations import EXPORT, IMPORT, JOB, record_of, write
from tests.gateways import Gateway, global_id

NETWORKS = VendorName.ENGAGING_NETWORKS
CSV = {"Content-Type": "text/csv"}


def signed(gateway: Gateway, key: str | None = None, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key or gateway.keys['Harbour']}", **CSV, **more}


async def an_export(gateway: Gateway, days: int = 1) -> Any:
    """An export job that waits to be read."""
    last = exportable_to(gateway.runtime.clock.now())
    first = last - timedelta(days=days - 1)
    source = {"activity": {"from": first.isoformat(), "to": last.isoformat()}}
    record = await record_of(gateway, NETWORKS)
    return (await write(gateway, EXPORT, recordId=record, source=source))["job"]


async def an_import(gateway: Gateway, **more: str) -> tuple[Any, bytes]:
    """An import job that waits for its file, and a file that would do."""
    layout = gateway.sandbox.state(NETWORKS)["accounts"][0]["import_formats"][0]
    record = await record_of(gateway, NETWORKS)
    started = await write(gateway, IMPORT, recordId=record, name="spring", format=layout["name"])
    header = ",".join(each["label"] for each in layout["format"])
    return started["job"], f"{header}\nx\n".encode()


async def ask(
    gateway: Gateway, method: str, url: str, headers: dict[str, str], body: Any = None
) -> tuple[int, bytes]:
    async with gateway.sandbox.http.request(method, url, headers=headers, data=body) as got:
        return got.status, await got.read()


async def status_of(gateway: Gateway, job: Any) -> str:
    told = await gateway.query(JOB, variables={"id": job["id"]})
    return str(told.whole["job"]["status"])


async def becomes(gateway: Gateway, job: Any, status: str) -> None:
    for _ in range(100):
        if await status_of(gateway, job) == status:
            return
        await asyncio.sleep(0.02)
    assert await status_of(gateway, job) == status


async def vendor_calls(gateway: Gateway) -> dict[str, int]:
    counts = await gateway.sandbox.calls(NETWORKS)
    return {name: count for name, count in counts.items() if name.endswith(".service")}


# ── Who may, and how ──────────────────────────────────────────────────────────────────────────


async def test_only_one_method_each_and_nothing_is_begun_by_another(gateway: Gateway) -> None:
    export, (job, content) = await an_export(gateway), await an_import(gateway)
    for url, good in ((export["fileUrl"], "GET"), (job["fileUrl"], "PUT")):
        for method in {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"} - {good}:
            status, _ = await ask(gateway, method, url, signed(gateway), content)
            assert status == 405, (method, url)
    assert await vendor_calls(gateway) == {}
    assert {await status_of(gateway, export), await status_of(gateway, job)} == {"WAITING"}


async def test_an_export_is_no_import_and_an_import_no_export(gateway: Gateway) -> None:
    export, (job, content) = await an_export(gateway), await an_import(gateway)
    swapped = (
        ("PUT", export["fileUrl"].replace("exports", "imports")),
        ("GET", job["fileUrl"].replace("imports", "exports")),
    )
    for method, url in swapped:
        status, body = await ask(gateway, method, url, signed(gateway), content)
        assert status == 404
        assert b"NOT_FOUND" in body
    assert await vendor_calls(gateway) == {}
    assert {await status_of(gateway, export), await status_of(gateway, job)} == {"WAITING"}


async def test_without_key_scope_or_agency_nobody_learns_of_a_job(gateway: Gateway) -> None:
    export, (job, content) = await an_export(gateway), await an_import(gateway)
    reads = await gateway.key(Scope.EXPORTS_READ)
    writes = await gateway.key(Scope.IMPORTS_WRITE)
    nobody = await gateway.key(Scope.EXPORTS_READ, Scope.IMPORTS_WRITE, agencies=())
    for method, url, wrong in (("GET", export["fileUrl"], writes), ("PUT", job["fileUrl"], reads)):
        for key, expected in ((wrong, 403), (gateway.keys["Meadow"], 404), (nobody, 404)):
            status, _ = await ask(gateway, method, url, signed(gateway, key), content)
            assert status == expected
        status, _ = await ask(gateway, method, url, dict(CSV), content)
        assert status == 401
    host = urlsplit(export["fileUrl"])
    for id in ("x", global_id("J", 999), global_id("C", 1), "SjoxAA", "..%2f..", "%00"):
        for method, path in (("GET", "exports"), ("PUT", "imports")):
            url = f"{host.scheme}://{host.netloc}/{path}/{id}"
            status, _ = await ask(gateway, method, url, signed(gateway), content)
            assert status == 404, (method, path, id)
    assert await vendor_calls(gateway) == {}


# ── Exports ───────────────────────────────────────────────────────────────────────────────────


async def test_an_export_that_is_left_frees_the_vendor_and_can_be_read_again(
    gateway: Gateway,
) -> None:
    job = await an_export(gateway, days=5)
    drip = {"fault": "drip", "bytes_per_second": 200, "match": {"operation": "export.service"}}
    for _ in range(3):
        await gateway.sandbox.faults(NETWORKS, drip)
        async with (
            aiohttp.ClientSession() as http,
            http.get(job["fileUrl"], headers=signed(gateway)) as got,
        ):
            assert got.status == 200
            await got.content.readany()
            again, body = await ask(gateway, "GET", job["fileUrl"], signed(gateway))
            assert (again, b"CONFLICT" in body) == (409, True)
        await becomes(gateway, job, "WAITING")
    await gateway.sandbox.faults(NETWORKS)
    status, body = await ask(gateway, "GET", job["fileUrl"], signed(gateway))
    assert status == 200
    assert body.count(b"\n") > 1
    assert await status_of(gateway, job) == "DONE"


async def test_many_exports_at_once_are_all_whole(gateway: Gateway) -> None:
    jobs = [await an_export(gateway) for _ in range(12)]
    got = await asyncio.gather(
        *(ask(gateway, "GET", job["fileUrl"], signed(gateway)) for job in jobs)
    )
    assert {status for status, _ in got} == {200}
    assert len({body for _, body in got}) == 1


async def test_an_export_that_breaks_in_the_middle_is_no_whole_file(gateway: Gateway) -> None:
    job = await an_export(gateway, days=3)
    cut = {"fault": "reset", "after_bytes": 0}
    await gateway.sandbox.faults(
        NETWORKS, {**cut, "match": {"operation": "export.service", "nth": 2}}
    )
    with pytest.raises(aiohttp.ClientError):
        await ask(gateway, "GET", job["fileUrl"], signed(gateway))
    told = (await gateway.query(JOB, variables={"id": job["id"]})).whole["job"]
    assert told["status"] == "FAILED"
    assert told["error"]["code"] == "VENDOR_UNAVAILABLE"
    again, _ = await ask(gateway, "GET", job["fileUrl"], signed(gateway))
    assert again == 200


# ── Imports ───────────────────────────────────────────────────────────────────────────────────


async def test_a_file_that_cannot_be_one_leaves_the_job_waiting(gateway: Gateway) -> None:
    job, content = await an_import(gateway)
    cases = (
        (signed(gateway) | {"Content-Type": "application/json"}, content, 415),
        (signed(gateway) | {"Content-Encoding": "gzip"}, content, 415),
        (signed(gateway), b"", 400),
        (signed(gateway), b" \r\n\t", 400),
        (signed(gateway), BytesIO(b"x" * (LARGEST + 1)), 413),
        (signed(gateway) | {"Idempotency-Key": "x" * 300}, content, 400),
        (signed(gateway) | {"Idempotency-Key": " "}, content, 400),
    )
    for headers, body, expected in cases:
        with suppress(aiohttp.ClientOSError):  # what is too large may be refused while it comes
            status, _ = await ask(gateway, "PUT", job["fileUrl"], headers, body)
            assert status == expected, headers
    assert await status_of(gateway, job) == "WAITING"
    assert await vendor_calls(gateway) == {}
    status, _ = await ask(gateway, "PUT", job["fileUrl"], signed(gateway), content)
    assert status == 202


async def test_a_file_that_stops_halfway_is_not_sent(gateway: Gateway) -> None:
    job, content = await an_import(gateway)
    host = urlsplit(job["fileUrl"])
    assert host.hostname
    assert host.port
    for length in (len(content) + 10, 10**12):
        reader, writer = await asyncio.open_connection(host.hostname, host.port)
        head = "".join(f"{name}: {value}\r\n" for name, value in signed(gateway).items())
        writer.write(
            f"PUT {host.path} HTTP/1.1\r\nHost: {host.netloc}\r\n{head}"
            f"Content-Length: {length}\r\n\r\n".encode()
            + content
        )
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.close()
        await asyncio.gather(reader.read(), writer.wait_closed(), return_exceptions=True)
    assert await status_of(gateway, job) == "WAITING"
    assert await vendor_calls(gateway) == {}


async def test_a_file_that_comes_drop_by_drop_is_given_up(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.web.files.PATIENCE", 0.3)
    job, content = await an_import(gateway)

    async def drops() -> Any:
        for byte in content:
            yield bytes([byte])
            await asyncio.sleep(0.1)

    async with gateway.sandbox.http.put(
        job["fileUrl"], headers=signed(gateway), data=drops()
    ) as got:
        assert got.status == 408
    assert await status_of(gateway, job) == "WAITING"
    assert await vendor_calls(gateway) == {}


async def test_of_ten_files_at_once_one_is_sent(gateway: Gateway) -> None:
    job, content = await an_import(gateway)
    got = await asyncio.gather(
        *(ask(gateway, "PUT", job["fileUrl"], signed(gateway), content) for _ in range(10))
    )
    assert sorted(status for status, _ in got) == [202, *[409] * 9]
    assert await vendor_calls(gateway) == {"import.service": 1}


async def test_a_key_makes_the_same_file_repeatable_and_another_a_conflict(
    gateway: Gateway,
) -> None:
    job, content = await an_import(gateway)
    headers = signed(gateway) | {"Idempotency-Key": "file-1"}
    first = await ask(gateway, "PUT", job["fileUrl"], headers, content)
    again = await ask(gateway, "PUT", job["fileUrl"], headers, content)
    other, _ = await ask(gateway, "PUT", job["fileUrl"], headers, content + b"y\n")
    assert (first, other) == (again, 409)
    assert first[0] == 202
    assert await vendor_calls(gateway) == {"import.service": 1}


async def test_a_lost_answer_of_an_import_is_not_said_to_be_repeatable(gateway: Gateway) -> None:
    gateway.runtime.recovery.pause = 0.01
    job, content = await an_import(gateway)
    reset = {"fault": "reset", "match": {"operation": "import.service"}, "effect": "before"}
    await gateway.sandbox.faults(NETWORKS, reset)
    async with gateway.sandbox.http.put(
        job["fileUrl"], headers=signed(gateway), data=content
    ) as got:
        (error,) = (await got.json())["errors"]
        assert got.status == 502
    assert error["extensions"]["code"] == "OUTCOME_UNKNOWN"
    assert error["extensions"]["retryable"] is False
    await becomes(gateway, job, "UNKNOWN")
    await gateway.sandbox.faults(NETWORKS)
    status, _ = await ask(gateway, "PUT", job["fileUrl"], signed(gateway), content)
    assert status == 409
    assert await vendor_calls(gateway) == {"import.service": 1}
