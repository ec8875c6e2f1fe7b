"""Own's writes through the real stack and real sockets, judged by the double's ledger."""

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contract import Made, Operations
from gateway.domain.changes import BackupExport, BackupFormat, NewBackup
from gateway.domain.failures import (
    BadInput,
    CapabilityMissing,
    Conflict,
    ContractBroken,
    CredentialRefused,
    Failure,
    Malformed,
    NotFound,
    Throttled,
    Unavailable,
    VendorError,
)
from gateway.domain.jobs import JobStatus
from gateway.domain.model import Outcome, Seen
from gateway.upstream.exchange import Call, Reply
from gateway.vendors.own import VENDOR

from .scene import Asked, account, reply
from .served import Gateway

MARK = "gw-intent-7"
SERVICE = "app1/310001"
LAST = 3100013


async def back_up(gateway: Gateway, *objects: str, id: str = SERVICE) -> Made:
    write = gateway.bound.own.start_backup
    assert write is not None
    return await write.send(NewBackup(vendor_id=id, objects=objects), MARK)


async def export(gateway: Gateway, **values: Any) -> Made:
    write = gateway.bound.own.start_export
    assert write is not None
    return await write.send(BackupExport(**{"vendor_id": SERVICE, **values}), MARK)


def value(outcome: Outcome[Any]) -> Any:
    assert isinstance(outcome, Seen), outcome
    return outcome.value


def effects(gateway: Gateway) -> list[dict[str, Any]]:
    told = gateway.vendor.double.effects()
    return [{key: one for key, one in row.items() if key != "at"} for row in told]


class TestABackup:
    @pytest.mark.live("OWN", "startBackup")
    async def test_of_a_whole_service_is_one_post_without_a_body(self, gateway: Gateway) -> None:
        made = await back_up(gateway)

        assert made == Made(SERVICE)
        assert gateway.vendor.counts == {"token": 1, "app1 backup_now": 1}
        assert gateway.vendor.sent[-1] == "/app1/api/v1/services/310001/backup_now?"
        (effect,) = effects(gateway)
        assert effect == {
            "action": "backup_now",
            "agency": "Harbour",
            "region": "app1",
            "service": 310001,
            "backup": effect["backup"],
            "objects": [],
        }

    @pytest.mark.live("OWN", "startBackup")
    async def test_of_some_objects_names_them(self, gateway: Gateway) -> None:
        made = await back_up(gateway, "accounts", "my object & more")

        assert made == Made(SERVICE)
        assert gateway.vendor.counts == {"token": 1, "app1 backup_specific_objects_now": 1}
        (effect,) = effects(gateway)
        assert effect["action"] == "backup_specific_objects_now"
        assert effect["objects"] == ["accounts", "my object & more"]

    async def test_is_seen_among_the_backups_and_in_the_events(self, gateway: Gateway) -> None:
        await back_up(gateway)
        running, before = value((await gateway.backups(SERVICE))[SERVICE])[:2]
        gateway.time.move(minutes=6)
        ended = value((await gateway.backups(SERVICE))[SERVICE])[0]
        follow = gateway.bound.own.events
        assert follow is not None
        events = await follow("app1/10002")

        assert (running.completed_at, before.vendor_id) == (None, str(LAST))
        assert ended.vendor_id == running.vendor_id
        assert (ended.status, ended.trigger) == ("OK", "manual")
        names = [one.name for one in events.value if one.vendor_id.startswith("app1/")]
        assert names == ["backup.started", "backup.completed"]

    async def test_goes_to_the_region_of_its_service(self, gateway: Gateway) -> None:
        await back_up(gateway, id="emea1/310001")

        assert gateway.vendor.counts == {"token": 1, "emea1 backup_now": 1}
        assert effects(gateway)[0]["region"] == "emea1"


class TestAnExport:
    @pytest.mark.live("OWN", "startExport")
    async def test_of_the_last_backup_is_one_post_and_makes_a_job(self, gateway: Gateway) -> None:
        made = await export(gateway)

        assert gateway.vendor.counts == {"token": 1, "app1 export": 1}
        assert gateway.vendor.sent[-1] == "/app1/api/v1/services/310001/backups/last/export?"
        (effect,) = effects(gateway)
        assert made == Made(f"app1/{effect['job']}")
        assert effect == {
            "action": "export",
            "agency": "Harbour",
            "region": "app1",
            "service": 310001,
            "backup": LAST,
            "objects": [],
            "job": effect["job"],
            "format": "csv",
            "attachments": False,
            "dialect": None,
        }

    @pytest.mark.live("OWN", "startExport")
    @pytest.mark.parametrize(
        ("wanted", "told", "dialect"),
        [
            (BackupFormat.CSV, "csv", None),
            (BackupFormat.SQL_MYSQL, "sql", "mysql"),
            (BackupFormat.SQL_ORACLE, "sql", "oracle"),
            (BackupFormat.SQL_POSTGRESQL, "sql", "postgresql"),
            (BackupFormat.SQL_MSSQL, "sql", "mssql"),
        ],
    )
    async def test_of_a_certain_backup_has_its_format_objects_and_attachments(
        self, gateway: Gateway, wanted: BackupFormat, told: str, dialect: str | None
    ) -> None:
        await export(
            gateway,
            backup="3100011",
            format=wanted,
            include_attachments=True,
            objects=("accounts", "contacts"),
        )

        assert gateway.vendor.counts == {"token": 1, "app1 export": 1}
        (effect,) = effects(gateway)
        assert (effect["format"], effect["dialect"]) == (told, dialect)
        assert (effect["backup"], effect["attachments"]) == (3100011, True)
        assert effect["objects"] == ["accounts", "contacts"]

    @pytest.mark.live("OWN", "Agency.jobs")
    async def test_is_followed_as_a_job_until_it_is_done(self, gateway: Gateway) -> None:
        made = await export(gateway, vendor_id="emea1/310001")
        own = gateway.bound.own
        assert own.get_jobs is not None
        assert own.list_jobs is not None

        seen = []
        for _ in range(3):
            job = value((await own.get_jobs((made.vendor_id,)))[made.vendor_id])
            seen.append((job.status, job.progress))
            gateway.time.move(seconds=31)
        listed = await own.list_jobs(("app1", "emea1"))

        assert seen == [(JobStatus.WAITING, 0), (JobStatus.RUNNING, 0.51), (JobStatus.DONE, 1)]
        assert made.vendor_id not in [one.vendor_id for one in value(listed["app1"])]
        assert value(listed["emea1"])[-1].vendor_id == made.vendor_id
        assert gateway.vendor.counts == {
            "token": 1,
            "emea1 export": 1,
            "emea1 jobs/get": 3,
            "app1 jobs": 1,
            "emea1 jobs": 1,
        }


class TestJobs:
    async def test_one_that_is_not_there_is_none_and_a_foreign_region_is_not_asked(
        self, gateway: Gateway
    ) -> None:
        read = gateway.bound.own.get_jobs
        assert read is not None

        found = await read(("app1/1", "uk1/1"))

        assert found["app1/1"] is None
        assert isinstance(found["uk1/1"], BadInput)
        assert gateway.vendor.counts == {"token": 1, "app1 jobs/get": 1}

    async def test_a_region_that_is_down_is_that_regions_failure(self, gateway: Gateway) -> None:
        read = gateway.bound.own.list_jobs
        assert read is not None
        gateway.vendor.down.add("emea1")

        listed = await read(("app1", "emea1"))

        assert [one.vendor_id for one in value(listed["app1"])] == ["app1/810001", "app1/810002"]
        assert isinstance(listed["emea1"], Unavailable)

    async def test_a_list_is_read_again_after_half_a_minute(self, gateway: Gateway) -> None:
        read = gateway.bound.own.list_jobs
        assert read is not None
        for seconds in (29, 2, 0):
            await read(("app1",))
            gateway.time.move(seconds=seconds)

        assert gateway.vendor.counts == {"token": 1, "app1 jobs": 2}


class TestTheJournal:
    async def test_knows_of_a_write_before_its_first_byte_and_of_its_answer_once(
        self, gateway: Gateway
    ) -> None:
        made = await export(gateway)

        journal = gateway.bound.journal
        assert journal.steps == ["sending", "answered"]
        assert journal.heard == [0]
        ((status, body),) = journal.answers
        assert (status, f"app1/{json.loads(body)['job_id']}") == (200, made.vendor_id)

    async def test_hears_of_no_login_and_of_no_read(self, gateway: Gateway) -> None:
        await gateway.listed()
        await gateway.bound.own.verify()

        assert gateway.bound.journal.steps == []

    async def test_gets_the_raw_answer_even_when_it_cannot_be_read(self, gateway: Gateway) -> None:
        gateway.vendor.replies.append(("export", 200, b"<html>"))

        with pytest.raises(Malformed):
            await export(gateway)

        assert gateway.bound.journal.steps == ["sending", "answered"]
        assert gateway.bound.journal.answers == [(200, b"<html>")]

    async def test_a_bearer_that_ended_is_renewed_and_the_write_takes_effect_once(
        self, gateway: Gateway
    ) -> None:
        """A 401 proves that Own did nothing: the one case in which a write is sent twice."""
        await gateway.listed("app1")
        double = gateway.vendor.double
        double.reset({**double.state(), "bearers": {}})
        gateway.vendor.calls.clear()

        await back_up(gateway)

        assert gateway.vendor.counts == {"token": 1, "app1 backup_now": 2}
        assert gateway.bound.journal.steps == ["sending", "answered"] * 2
        assert len(effects(gateway)) == 1

    async def test_a_token_that_is_gone_is_refused_before_anything_is_written(
        self, gateway: Gateway
    ) -> None:
        gateway.vendor.double.dashboard({"action": "revoke_token", "agency": "Harbour"})

        with pytest.raises(CredentialRefused):
            await back_up(gateway)

        assert gateway.vendor.counts == {"token": 1}
        assert gateway.bound.journal.steps == []
        assert [one["action"] for one in effects(gateway)] == ["revoke_token"]


class TestARefusal:
    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (400, BadInput),
            (403, CapabilityMissing),
            (404, NotFound),
            (409, Conflict),
            (422, BadInput),
            (429, Throttled),
        ],
    )
    async def test_by_the_vendor_is_told_after_one_call(
        self, gateway: Gateway, status: int, kind: type[Failure]
    ) -> None:
        gateway.vendor.replies.append(("export", status, b'{"error": "No", "message": "no"}'))

        with pytest.raises(kind):
            await export(gateway)

        assert gateway.vendor.counts == {"token": 1, "app1 export": 1}
        assert effects(gateway) == []

    async def test_of_a_service_or_backup_that_is_not_there_changes_nothing(
        self, gateway: Gateway
    ) -> None:
        for wrong in ({"vendor_id": "app1/9"}, {"backup": "9"}):
            with pytest.raises(NotFound):
                await export(gateway, **wrong)
        with pytest.raises(NotFound):
            await back_up(gateway, id="app1/9")

        assert gateway.vendor.counts == {"token": 1, "app1 export": 2, "app1 backup_now": 1}
        assert effects(gateway) == []

    async def test_of_a_service_outside_of_the_users_units_changes_nothing(
        self, gateway: Gateway
    ) -> None:
        state = gateway.vendor.double.state()
        state["agencies"]["Harbour"]["regions"]["app1"]["services"][0]["denied"] = True
        gateway.vendor.double.reset(state)

        with pytest.raises(CapabilityMissing):
            await back_up(gateway)

        assert effects(gateway) == []

    async def test_another_agencys_service_is_not_there(self, gateway: Gateway) -> None:
        with pytest.raises(NotFound):
            await back_up(gateway, id="app1/310003")

        assert effects(gateway) == []


class TestInDoubt:
    @pytest.mark.parametrize(
        ("status", "body", "kind"),
        [
            (500, b"{}", VendorError),
            (502, b"", Unavailable),
            (503, b"", Unavailable),
            (504, b"", Unavailable),
            (302, b"", Malformed),
            (204, b"", Malformed),
            (200, b"", Malformed),
            (200, b"<html>please sign in</html>", Malformed),
            (200, b"[]", ContractBroken),
            (200, b"{}", ContractBroken),
            (200, b'{"job_id": null}', ContractBroken),
            (200, b'{"job_id": "../events"}', ContractBroken),
            (200, b'{"job_id": 1.5}', ContractBroken),
        ],
    )
    async def test_an_export_is_sent_once_and_its_answer_is_no_refusal(
        self, gateway: Gateway, status: int, body: bytes, kind: type[Failure]
    ) -> None:
        gateway.vendor.replies.append(("export", status, body))

        with pytest.raises(kind) as failed:
            await export(gateway)

        assert failed.value.sent is True
        assert gateway.vendor.counts == {"token": 1, "app1 export": 1}
        assert gateway.bound.journal.answers == [(status, body)]

    @pytest.mark.parametrize("status", [500, 503])
    async def test_a_backup_is_never_repeated(self, gateway: Gateway, status: int) -> None:
        gateway.vendor.replies.append(("backup_now", status, b"{}"))

        with pytest.raises((VendorError, Unavailable)):
            await back_up(gateway)

        assert gateway.vendor.counts == {"token": 1, "app1 backup_now": 1}

    async def test_no_read_tells_so_that_a_person_must(self, gateway: Gateway) -> None:
        own = gateway.bound.own
        assert own.start_backup is not None
        assert own.start_export is not None

        assert (own.start_backup.find, own.start_export.find) == (None, None)


# ── Call by call, without a network ───────────────────────────────────────────────────────────


def connected(answer: Reply) -> tuple[Operations, Asked]:
    def same(call: Call) -> Reply:
        return answer

    asked = Asked(same)
    return VENDOR.connect(asked, account("app1", "emea1")), asked


async def send_export(export: BackupExport) -> Asked:
    own, asked = connected(reply({"job_id": 1}))
    assert own.start_export is not None
    await own.start_export.send(export, MARK)
    return asked


class TestTheCall:
    async def test_is_journaled_and_neither_cached_nor_repeated(self) -> None:
        (call,) = (await send_export(BackupExport(vendor_id=SERVICE))).calls

        assert (call.method, call.journaled, call.safe) == ("POST", True, False)
        assert call.operation not in VENDOR.laws.freshness
        assert dict(call.headers)["Content-Type"] == "application/x-www-form-urlencoded"

    @given(
        objects=st.lists(
            st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip), max_size=4
        )
    )
    async def test_an_objects_name_is_data_and_adds_no_field(self, objects: list[str]) -> None:
        asked = await send_export(BackupExport(vendor_id=SERVICE, objects=tuple(objects)))

        assert parse_qsl(asked.calls[0].body.decode(), strict_parsing=True) == [
            ("export_format", "csv"),
            ("include_attachments", "false"),
            *(("objects", name) for name in objects),
        ]

    @pytest.mark.parametrize(
        "vendor_id",
        ["310001", "uk1/310001", "app1/", "app1/last", "app1/1/../2", "app1/1?x=1", "app1/-1", ""],
    )
    async def test_an_id_that_is_none_of_the_accounts_sends_nothing(self, vendor_id: str) -> None:
        own, asked = connected(reply({"job_id": 1}))
        assert own.start_export is not None
        assert own.start_backup is not None

        with pytest.raises(BadInput) as refused:
            await own.start_export.send(BackupExport(vendor_id=vendor_id), MARK)
        with pytest.raises(BadInput):
            await own.start_backup.send(NewBackup(vendor_id=vendor_id), MARK)

        assert refused.value.field == ("vendorId",)
        assert asked.calls == []

    @pytest.mark.parametrize("backup", ["last", "", "1/objects", "../2", "1.5", "٣"])
    async def test_a_backup_that_is_no_number_sends_nothing(self, backup: str) -> None:
        own, asked = connected(reply({"job_id": 1}))
        assert own.start_export is not None

        with pytest.raises(BadInput) as refused:
            await own.start_export.send(BackupExport(vendor_id=SERVICE, backup=backup), MARK)

        assert refused.value.field == ("backup",)
        assert asked.calls == []

    @pytest.mark.parametrize("objects", [("",), ("accounts", " ")])
    async def test_a_blank_object_sends_nothing_for_it_might_mean_all(
        self, objects: tuple[str, ...]
    ) -> None:
        own, asked = connected(reply({}))
        assert own.start_backup is not None

        with pytest.raises(BadInput) as refused:
            await own.start_backup.send(NewBackup(vendor_id=SERVICE, objects=objects), MARK)

        assert refused.value.field == ("objects",)
        assert asked.calls == []
