"""Exports, imports and backups: started by a mutation, their files through the gateway."""

from datetime import timedelta

import aiohttp
import pytest

from gateway.domain.exports import exportable_to
from gateway.domain.vendor import VendorName
from tests.e2e.mutations import (
    BACKUP,
    EXPORT,
    IMPORT,
    JOB,
    JOBS,
    effects,
    record_of,
    write,
)
from tests.gateways import Gateway


async def test_a_backup_is_started_and_exported_as_a_job_of_the_vendor(gateway: Gateway) -> None:
    record = await record_of(gateway, VendorName.OWN)
    backed = await write(gateway, BACKUP, recordId=record)
    assert backed["userErrors"] == []
    assert backed["record"] == {"id": record}
    exported = await write(gateway, EXPORT, recordId=record, source={"backup": {"format": "CSV"}})
    assert exported["userErrors"] == []
    job = exported["job"]
    assert job["kind"] == "EXPORT"
    assert job["vendorId"] is not None
    jobs = (await gateway.query(JOBS)).whole["agency"]["jobs"]
    assert job["id"] in [each["id"] for each in jobs["nodes"]]
    assert len(await effects(gateway, VendorName.OWN)) == 2


async def test_activity_is_streamed_as_csv_and_its_rows_are_counted(gateway: Gateway) -> None:
    record = await record_of(gateway, VendorName.ENGAGING_NETWORKS)
    day = exportable_to(gateway.runtime.clock.now()).isoformat()
    started = await write(gateway, EXPORT, recordId=record, source={"activity": {"from": day}})
    assert started["userErrors"] == []
    job = started["job"]
    assert job["status"] == "WAITING"
    signed = {"Authorization": f"Bearer {gateway.keys['Harbour']}"}
    async with gateway.sandbox.http.get(job["fileUrl"], headers=signed) as got:
        text = await got.text()
        assert got.status == 200
        assert got.content_type == "text/csv"
    rows = len(text.strip().splitlines()) - 1
    assert rows > 0
    told = (await gateway.query(JOB, variables={"id": job["id"]})).whole["job"]
    assert (told["status"], told["rowCount"]) == ("DONE", rows)
    other = {"Authorization": f"Bearer {gateway.keys['Meadow']}"}
    async with gateway.sandbox.http.get(job["fileUrl"], headers=other) as got:
        assert got.status == 404


async def test_an_import_is_handed_over_once(gateway: Gateway) -> None:
    record = await record_of(gateway, VendorName.ENGAGING_NETWORKS)
    account = gateway.sandbox.state(VendorName.ENGAGING_NETWORKS)["accounts"][0]
    layout = account["import_formats"][0]
    header = ",".join(each["label"] for each in layout["format"])
    started = await write(gateway, IMPORT, recordId=record, name="spring", format=layout["name"])
    assert started["userErrors"] == []
    job = started["job"]
    assert job["status"] == "WAITING"
    signed = {"Authorization": f"Bearer {gateway.keys['Harbour']}", "Content-Type": "text/csv"}
    for status in (202, 409):
        async with gateway.sandbox.http.put(
            job["fileUrl"], data=f"{header}\n".encode() + b"x\n", headers=signed
        ) as got:
            assert got.status == status, await got.text()
    told = (await gateway.query(JOB, variables={"id": job["id"]})).whole["job"]
    assert told["status"] == "SUBMITTED"
    assert told["vendorId"] is not None
    assert (await gateway.sandbox.calls(VendorName.ENGAGING_NETWORKS))["import.service"] == 1


async def test_an_export_that_breaks_off_is_no_whole_file_and_the_job_tells_why(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    record = await record_of(gateway, VendorName.ENGAGING_NETWORKS)
    last = exportable_to(gateway.runtime.clock.now())
    days = {"from": (last - timedelta(days=1)).isoformat(), "to": last.isoformat()}
    job = (await write(gateway, EXPORT, recordId=record, source={"activity": days}))["job"]
    cut = {"fault": "truncate", "bytes": 120, "match": {"operation": "export.service", "nth": 2}}
    await gateway.sandbox.reset(VendorName.ENGAGING_NETWORKS)
    await gateway.sandbox.faults(VendorName.ENGAGING_NETWORKS, cut)
    signed = {"Authorization": f"Bearer {gateway.keys['Harbour']}"}
    got = await gateway.sandbox.http.get(job["fileUrl"], headers=signed)
    with pytest.raises(aiohttp.ClientPayloadError):
        await got.read()
    told = (await gateway.query(JOB, variables={"id": job["id"]})).whole["job"]
    assert (told["status"], told["error"]["code"]) == ("FAILED", "VENDOR_UNAVAILABLE")
    assert told["rowCount"] > 0
    assert "An export broke off" in caplog.text
    assert "Traceback" not in caplog.text
    # It can be read again, whole.
    await gateway.sandbox.faults(VendorName.ENGAGING_NETWORKS)
    async with gateway.sandbox.http.get(job["fileUrl"], headers=signed) as again:
        assert len((await again.text()).splitlines()) > told["rowCount"]
