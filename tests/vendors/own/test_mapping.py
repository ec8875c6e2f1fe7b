"""Own's payloads as our values: the page's examples, then whatever else may come."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.details import OwnBackup, OwnBackupObject, OwnDetails, VendorEvent
from gateway.domain.failures import ContractBroken, Malformed
from gateway.domain.jobs import JobKind, JobStatus, JobValues, ListedJob
from gateway.domain.model import ClientStatus, ClientValues
from gateway.domain.vendor import VendorName
from gateway.upstream.exchange import Reply
from gateway.vendors.own import mapping

from .scene import payload, reply

SERVICE, BACKUP, OBJECT, EVENT, TOKEN, JOB = map(
    payload, ("service", "backup", "backup_object", "event", "token", "job")
)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
unset = st.sampled_from(["absent", None, ""])

READERS: list[tuple[Callable[[Reply], object], dict[str, Any], bool]] = [
    (mapping.session, TOKEN, False),
    (mapping.service, SERVICE, False),
    (mapping.services, SERVICE, True),
    (mapping.backup, BACKUP, False),
    (mapping.backups, BACKUP, True),
    (mapping.backup_objects, OBJECT, True),
    (lambda answer: mapping.events(answer, "app1"), EVENT, True),
    (lambda answer: mapping.jobs(answer, "app1"), JOB, True),
    (mapping.job, JOB, False),
    (mapping.started, {"job_id": 88001}, False),
]
readers = st.sampled_from(READERS)


def without(whole: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in whole.items() if key not in names}


def complaint(read: Callable[[Reply], object], body: object) -> ContractBroken | None:
    """What is wrong with a body, if anything is; any other exception is a fault of the reader."""
    try:
        read(reply(body))
    except ContractBroken as broken:
        return broken
    return None


class TestThePagesExamples:
    def test_a_service_is_a_client(self) -> None:
        assert mapping.service(reply(SERVICE)) == ClientValues(
            name="ops@acme.example",
            status=ClientStatus.ACTIVE,
            kind="Salesforce Data",
            details=OwnDetails(
                salesforce_org_id="00D000000000001EAA",
                enabled=True,
                item_count=120345,
                total_size=733421,
                message=None,
            ),
        )

    def test_a_list_of_services_is_by_id(self) -> None:
        listed = mapping.services(reply([SERVICE, {**SERVICE, "id": 310002}]))

        assert list(listed) == ["310001", "310002"]
        assert listed["310001"] == mapping.service(reply(SERVICE))

    def test_a_backup(self) -> None:
        assert mapping.backup(reply(BACKUP)) == OwnBackup(
            vendor_id="99001",
            status="OK",
            trigger="scheduled",
            completed_at=datetime(2024, 5, 1, 4, 10, tzinfo=UTC),
            inserted_items=10,
            updated_items=20,
            deleted_items=3,
            error_count=1,
            warning_count=2,
            salesforce_calls=102,
        )

    def test_a_backups_object_without_its_download_links(self) -> None:
        assert mapping.backup_objects(reply([OBJECT])) == (
            OwnBackupObject(
                name="accounts",
                status="OK",
                message=None,
                item_count=1000,
                inserted_items=3,
                updated_items=6,
                deleted_items=1,
            ),
        )

    def test_an_event_whose_ids_name_the_region(self) -> None:
        assert mapping.events(reply([EVENT]), "emea1") == (
            VendorEvent(
                vendor_id="emea1/10001",
                occurred_at=datetime(2024, 4, 2, 12, tzinfo=UTC),
                name="service.created",
                source="web app",
                user_email="backup@agency.example",
                ip_address="192.0.2.7",
                client_vendor_id="emea1/310001",
                parameters=(
                    ("provider", "Salesforce Data"),
                    ("count", "2"),
                    ("options", '{"deep": true}'),
                ),
            ),
        )

    def test_a_bearer_with_its_seconds(self) -> None:
        session = mapping.session(reply(TOKEN))

        assert session.token.reveal() == TOKEN["access_token"]
        assert (session.seconds, session.sliding) == (3600, False)


class TestStatus:
    """What archived, enabled and the status word make of a service."""

    @given(enabled=st.none() | st.booleans(), word=st.none() | st.text())
    def test_archived_wins(self, enabled: bool | None, word: str | None) -> None:
        found = mapping.client_status(archived=True, enabled=enabled, word=word)

        assert found is ClientStatus.ARCHIVED

    @pytest.mark.parametrize("word", [None, "OK", "whatever"])
    def test_switched_off_is_inactive(self, word: str | None) -> None:
        found = mapping.client_status(archived=False, enabled=False, word=word)

        assert found is ClientStatus.INACTIVE

    @pytest.mark.parametrize(
        ("enabled", "word", "expected"),
        [
            (True, "OK", ClientStatus.ACTIVE),
            (None, "ok", ClientStatus.ACTIVE),
            (True, "ARCHIVED", ClientStatus.ARCHIVED),
            (True, None, ClientStatus.ACTIVE),
            (None, None, ClientStatus.UNKNOWN),
            (True, "ASLEEP", ClientStatus.UNKNOWN),
        ],
    )
    def test_else_the_word_decides_and_an_unknown_one_is_unknown(
        self, enabled: bool | None, word: str | None, expected: ClientStatus
    ) -> None:
        assert mapping.client_status(archived=False, enabled=enabled, word=word) is expected

    @given(
        archived=st.none() | st.booleans(),
        enabled=st.none() | st.booleans(),
        word=st.text() | st.none(),
    )
    def test_it_is_never_more_than_what_the_vendor_told(
        self, archived: bool | None, enabled: bool | None, word: str | None
    ) -> None:
        found = mapping.client_status(archived=archived, enabled=enabled, word=word)

        assert (found is ClientStatus.ACTIVE) <= (not archived and enabled is not False)


class TestTolerance:
    @given(
        reader=st.sampled_from(READERS[1:]),
        extra=st.dictionaries(st.text(min_size=30), json_values, max_size=3),
    )
    def test_unknown_fields_are_ignored(
        self,
        reader: tuple[Callable[[Reply], object], dict[str, Any], bool],
        extra: dict[str, Any],
    ) -> None:
        read, example, listed = reader
        plain, more = ([one] if listed else one for one in (example, {**example, **extra}))

        assert read(reply(more)) == read(reply(plain))

    @given(data=st.data(), reader=st.sampled_from(READERS[1:]))
    def test_absent_null_and_empty_are_alike_and_none_is_needed_but_the_id(
        self,
        data: st.DataObject,
        reader: tuple[Callable[[Reply], object], dict[str, Any], bool],
    ) -> None:
        read, example, listed = reader
        needed = {"id", "name", "event_id", "job_id"}
        bare = {key: value for key, value in example.items() if key in needed}
        emptied = dict(bare)
        for field in sorted(set(example) - needed):
            value = data.draw(unset, label=field)
            if value != "absent":
                emptied[field] = value
        plain, spelled = ([one] if listed else one for one in (bare, emptied))

        assert read(reply(spelled)) == read(reply(plain))

    @given(id=st.integers(min_value=0, max_value=10**20 - 1))
    def test_an_id_keeps_every_digit_as_a_number_or_in_quotes(self, id: int) -> None:
        for spelled in (id, str(id)):
            assert list(mapping.services(reply([{"id": spelled}]))) == [str(id)]

    @pytest.mark.parametrize(
        "id", [1.0, 9007199254740993.0, True, -1, "", " 1", "1e3", "../jobs", "٣", [], {}, None]
    )
    def test_what_is_no_number_is_no_id(self, id: object) -> None:
        with pytest.raises(ContractBroken, match="id"):
            mapping.services(reply([{**SERVICE, "id": id}]))

    @pytest.mark.parametrize(("raw", "read"), [(0, False), (1, True), ("0", False), (True, True)])
    def test_enabled_is_a_number_or_a_boolean(self, raw: object, read: bool) -> None:
        details = mapping.service(reply({"id": 1, "enabled": raw})).details

        assert isinstance(details, OwnDetails)
        assert details.enabled is read

    def test_numbers_in_quotes_are_numbers(self) -> None:
        assert mapping.backup(reply({"id": 1, "num_api_calls": "17"})).salesforce_calls == 17

    @given(
        moment=st.timedeltas(timedelta(0), timedelta(days=36_500)).map(
            lambda since: datetime(2000, 1, 1, tzinfo=UTC) + since
        ),
        hours=st.integers(-23, 23),
    )
    def test_times_are_read_in_any_zone_and_told_in_utc(self, moment: datetime, hours: int) -> None:
        sent = moment.astimezone(timezone(timedelta(hours=hours))).isoformat()

        found = mapping.backup(reply({"id": 1, "completed_at": sent})).completed_at

        assert found == moment
        assert found.tzinfo is UTC

    def test_a_time_without_a_zone_is_utc(self) -> None:
        sent = {"id": 1, "completed_at": "2024-05-01T04:10:00"}

        assert mapping.backup(reply(sent)).completed_at == datetime(2024, 5, 1, 4, 10, tzinfo=UTC)

    @given(parameters=json_values)
    def test_whatever_an_events_parameters_are_they_become_pairs_of_text(
        self, parameters: object
    ) -> None:
        (event,) = mapping.events(reply([{**EVENT, "parameters": parameters}]), "app1")

        assert all(isinstance(part, str) for pair in event.parameters for part in pair)


class TestJobs:
    def test_a_job_of_the_pages_shape(self) -> None:
        assert mapping.job(reply(JOB)) == JobValues(
            title="Export of backup 99001",
            kind=JobKind.OTHER,
            status=JobStatus.RUNNING,
            progress=0.4,
        )

    def test_a_list_of_jobs_has_ids_that_name_the_region(self) -> None:
        assert mapping.jobs(reply([JOB]), "emea1") == (
            ListedJob("emea1/88001", mapping.job(reply(JOB))),
        )

    def test_what_a_write_began_is_a_job_by_its_number(self) -> None:
        assert mapping.started(reply({"job_id": 88001})) == "88001"
        assert mapping.started(reply({"job_id": "88001"})) == "88001"

    @pytest.mark.parametrize(
        ("word", "status"),
        [
            ("queued", JobStatus.WAITING),
            ("PENDING", JobStatus.WAITING),
            ("running", JobStatus.RUNNING),
            ("In Progress", JobStatus.RUNNING),
            ("in_progress", JobStatus.RUNNING),
            ("Completed", JobStatus.DONE),
            ("OK", JobStatus.DONE),
            ("failed", JobStatus.FAILED),
            ("Error", JobStatus.FAILED),
            ("canceled", JobStatus.FAILED),
            ("completed with warnings", JobStatus.UNKNOWN),
            ("", JobStatus.UNKNOWN),
            (None, JobStatus.UNKNOWN),
            (7, JobStatus.UNKNOWN),
            ({"is": "done"}, JobStatus.UNKNOWN),
        ],
    )
    def test_a_words_state_is_known_or_unknown_and_never_an_error(
        self, word: object, status: JobStatus
    ) -> None:
        assert mapping.job(reply({**JOB, "status": word})).status is status

    @pytest.mark.parametrize(
        ("number", "status", "share"),
        [
            (0, "running", 0.0),
            (0.25, "running", 0.25),
            (1, "running", 0.01),
            (1, "done", 1.0),
            (25, "running", 0.25),
            (100, "done", 1.0),
            (250, "done", 1.0),
            (-3, "running", 0.0),
            (10**400, "running", 1.0),
            (True, "done", None),
            ("40%", "running", None),
            (None, "running", None),
        ],
    )
    def test_progress_is_a_share_whether_told_as_one_or_in_percent(
        self, number: object, status: str, share: float | None
    ) -> None:
        job = mapping.job(reply({**JOB, "progress": number, "status": status}))

        assert job.progress == share

    def test_endless_progress_is_all(self) -> None:
        assert mapping.job(reply(b'{"id": 1, "progress": 1e999}')).progress == 1.0

    @given(number=json_values, status=st.sampled_from(JobStatus))
    def test_progress_is_between_nothing_and_all_or_not_told(
        self, number: object, status: JobStatus
    ) -> None:
        share = mapping.progress_of(number, status)

        assert share is None or (isinstance(share, float) and 0 <= share <= 1)

    @given(results=json_values)
    def test_results_are_words_whatever_they_are(self, results: object) -> None:
        told = mapping.job(reply({**JOB, "results": results})).results

        assert all(isinstance(one, str) and one for one in told)

    @pytest.mark.parametrize("title", [None, "", "  ", 7])
    def test_a_job_without_a_title_is_called_by_its_number(self, title: object) -> None:
        assert mapping.job(reply({**JOB, "title": title})).title == "Job 88001 of Own"


class TestOrder:
    def test_backups_are_newest_first_and_those_that_run_before_them(self) -> None:
        ended = {f"2024-05-0{day}T00:00:00Z": day for day in (2, 1, 3)}
        raw = [{"id": id, "completed_at": moment} for moment, id in ended.items()]

        found = mapping.backups(reply([*raw, {"id": 9, "completed_at": None}, {"id": 10}]))

        assert [one.vendor_id for one in found] == ["10", "9", "3", "2", "1"]

    @given(order=st.permutations(["accounts", "contacts", "my_object__cs"]))
    def test_objects_are_by_name(self, order: list[str]) -> None:
        found = mapping.backup_objects(reply([{"name": name} for name in order]))

        assert [one.name for one in found] == ["accounts", "contacts", "my_object__cs"]

    @given(order=st.permutations([9, 10, 11, 100]))
    def test_events_are_oldest_first_by_number(self, order: list[int]) -> None:
        found = mapping.events(reply([{"event_id": id} for id in order]), "app1")

        assert [one.vendor_id for one in found] == ["app1/9", "app1/10", "app1/11", "app1/100"]


class TestWhatIsBroken:
    @given(reader=readers, body=json_values)
    def test_any_json_gives_values_or_says_that_the_contract_is_broken(
        self, reader: tuple[Callable[[Reply], object], dict[str, Any], bool], body: object
    ) -> None:
        broken = complaint(reader[0], body)

        assert broken is None or broken.vendor is VendorName.OWN

    @given(data=st.data(), reader=readers, value=json_values)
    def test_a_field_of_any_other_type_is_read_or_named(
        self,
        data: st.DataObject,
        reader: tuple[Callable[[Reply], object], dict[str, Any], bool],
        value: object,
    ) -> None:
        read, example, listed = reader
        field = data.draw(st.sampled_from(sorted(example)))
        spoilt = {**example, field: value}

        broken = complaint(read, [spoilt] if listed else spoilt)

        assert broken is None or field in broken.message

    @pytest.mark.parametrize(
        ("read", "example", "field"),
        [
            (mapping.service, SERVICE, "id"),
            (mapping.backup, BACKUP, "id"),
            (mapping.job, {"id": 1}, "id"),
            (mapping.started, {"job_id": 88001}, "job_id"),
            (mapping.session, TOKEN, "access_token"),
            (mapping.session, TOKEN, "expires_in"),
        ],
    )
    def test_what_is_needed_and_missing_is_named(
        self, read: Callable[[Reply], object], example: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(ContractBroken, match=field):
            read(reply(without(example, field)))

    def test_one_service_that_cannot_be_read_spoils_the_list_instead_of_missing_in_it(self) -> None:
        with pytest.raises(ContractBroken, match="id"):
            mapping.services(reply([SERVICE, without(SERVICE, "id")]))

    def test_a_time_beyond_the_calendar_is_named(self) -> None:
        with pytest.raises(ContractBroken, match="completed_at"):
            mapping.backup(reply({"id": 1, "completed_at": "0001-01-01T00:00:00+05:00"}))

    @pytest.mark.parametrize("depth", [100, 800, 900, 950, 980, 5_000])
    def test_parameters_nested_too_deeply_are_a_failure_and_no_crash(self, depth: int) -> None:
        body = b'[{"event_id":1,"parameters":{"deep":' + b"[" * depth + b"]" * depth + b"}}]"
        try:
            (event,) = mapping.events(reply(body), "app1")
            nested = event.parameters[0][1]
        except Malformed:
            nested = None

        assert nested in (None, "[" * depth + "]" * depth)

    def test_no_json_is_malformed(self) -> None:
        with pytest.raises(Malformed):
            mapping.services(reply(b"[{"))


class TestBearer:
    @pytest.mark.parametrize("value", ["", "two words", "a\r\nX-Evil: 1", "é", "a\x00"])
    def test_what_could_not_stand_in_a_header_is_refused_and_not_repeated(self, value: str) -> None:
        with pytest.raises(ContractBroken) as refusal:
            mapping.session(reply({**TOKEN, "access_token": value}))

        assert not value or value not in refusal.value.message

    @pytest.mark.parametrize("seconds", [0, -1, "-5", float("-1e300")])
    def test_a_life_that_is_over_is_refused(self, seconds: object) -> None:
        with pytest.raises(ContractBroken, match="expires_in"):
            mapping.session(reply({**TOKEN, "expires_in": seconds}))

    @given(seconds=st.integers(min_value=1) | st.just("3600"))
    def test_no_bearer_is_trusted_for_more_than_a_day(self, seconds: object) -> None:
        assert 0 < mapping.session(reply({**TOKEN, "expires_in": seconds})).seconds <= 86_400

    def test_an_endless_life_is_a_day(self) -> None:
        endless = b'{"access_token": "eyJ", "expires_in": 1e999}'

        assert mapping.session(reply(endless)).seconds == 86_400

    def test_it_does_not_print(self) -> None:
        assert TOKEN["access_token"] not in repr(mapping.session(reply(TOKEN)))
