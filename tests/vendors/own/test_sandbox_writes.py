"""What Own's double does when it is written to, against the vendor page and without our adapter."""

from typing import Any

import aiohttp
import pytest

from .scene import payload
from .script import Script

SERVICE = "/app1/api/v1/services/310001"
BACKUP = f"{SERVICE}/backups/last"
LAST = 3100013
TEMPLATE = "/app1/api/v1/seeding/templates/71"
UUID = "00000000-0000-4000-8000-000000000000"

WRITES: list[tuple[str, dict[str, str]]] = [
    (f"{SERVICE}/backup_now", {}),
    (f"{SERVICE}/backup_specific_objects_now", {"list_of_objects": "accounts"}),
    (f"{BACKUP}/export", {"export_format": "csv"}),
    (f"{SERVICE}/gdpr/rectify", {"record_id": "1", "table_name": "a", "field": "b", "value": "c"}),
    (f"{SERVICE}/gdpr/forget", {"record_id": "1", "table_name": "a"}),
    (f"{TEMPLATE}/seed", {"destination": "310002"}),
    (f"{TEMPLATE}/anonymize", {"destination_service_id": "310002", "disable_automations": "True"}),
]
each_write = pytest.mark.parametrize(
    ("path", "form"), WRITES, ids=[path.rpartition("/")[2] for path, _ in WRITES]
)


def multipart(**fields: str | list[str]) -> aiohttp.FormData:
    """A form as browsers and some clients send it."""
    form = aiohttp.FormData(default_to_multipart=True)
    for name, values in fields.items():
        for value in [values] if isinstance(values, str) else values:
            form.add_field(name, value)
    return form


def endpoint(script: Script) -> str:
    (id,) = script.served.double.state()["agencies"]["Harbour"]["endpoints"]
    return str(id)


class TestABackup:
    async def test_is_begun_without_a_body_and_answers_an_empty_object(
        self, script: Script
    ) -> None:
        assert await script.post(f"{SERVICE}/backup_now", await script.bearer()) == (200, {})

        (effect,) = script.effects
        assert (effect["action"], effect["service"]) == ("backup_now", 310001)

    async def test_runs_and_is_last_only_when_it_has_ended(self, script: Script) -> None:
        bearer = await script.bearer()
        await script.post(f"{SERVICE}/backup_now", bearer)

        _, listed = await script.get(f"{SERVICE}/backups", bearer)
        _, last = await script.get(BACKUP, bearer)
        assert (listed[-1]["completed_at"], last["id"]) == (None, LAST)
        assert set(listed[-1]) == set(payload("backup"))

        script.time.move(seconds=300)
        _, last = await script.get(BACKUP, await script.bearer())
        _, service = await script.get(SERVICE, bearer)

        assert last == {**last, "id": listed[-1]["id"], "status": "OK", "num_sections": 3}
        assert last["completed_at"] == service["last_backup"] == "2024-05-02T12:05:00.000Z"

    @pytest.mark.parametrize("name", ["list_of_objects", "list_of_objects[]"])
    async def test_of_some_objects_holds_only_them(self, script: Script, name: str) -> None:
        bearer = await script.bearer()
        body = multipart(**{name: ["accounts", "leads"]})

        answer = await script.post(f"{SERVICE}/backup_specific_objects_now", bearer, body)
        script.time.move(minutes=6)
        _, objects = await script.get(f"{BACKUP}/objects", bearer)

        assert answer == (200, {})
        assert [one["name"] for one in objects] == ["accounts", "leads"]
        assert set(objects[0]) == set(payload("backup_object"))


class TestAnExport:
    @pytest.mark.parametrize("last", [True, False])
    async def test_answers_the_number_of_a_job(self, script: Script, last: bool) -> None:
        bearer = await script.bearer()
        path = f"{SERVICE}/backups/{'last' if last else LAST}/export"

        status, body = await script.post(path, bearer, {"export_format": "csv"})

        assert (status, list(body), type(body["job_id"])) == (200, ["job_id"], int)
        assert script.effects[0]["backup"] == LAST
        assert (await script.get(f"/app1/api/v1/jobs/{body['job_id']}", bearer))[0] == 200

    async def test_takes_a_multipart_form_as_well(self, script: Script) -> None:
        body = multipart(
            export_format="sql",
            include_attachments="true",
            sql_dialect="oracle",
            objects=["accounts", "contacts"],
        )

        status, _ = await script.post(f"{BACKUP}/export", await script.bearer(), body)

        assert status == 200
        (effect,) = script.effects
        assert (effect["format"], effect["dialect"]) == ("sql", "oracle")
        assert (effect["attachments"], effect["objects"]) == (True, ["accounts", "contacts"])

    async def test_to_an_endpoint_needs_one_of_the_accounts(self, script: Script) -> None:
        bearer, path = await script.bearer(), f"{BACKUP}/export_to_endpoint"

        refused = await script.post(path, bearer, {"endpoint_id": UUID})
        assert (refused[0], refused[1]["message"]) == (404, f"endpoint_id {UUID} not found")
        assert script.effects == []

        status, body = await script.post(path, bearer, {"endpoint_id": endpoint(script)})
        assert (status, set(body)) == (200, {"job_id"})
        assert script.effects[0]["endpoint"] == endpoint(script)


class TestTheGdpr:
    async def test_a_record_is_put_right(self, script: Script) -> None:
        path, form = WRITES[3]

        status, body = await script.post(path, await script.bearer(), {**form, "comment": "asked"})

        assert (status, set(body)) == (200, {"job_id"})
        assert script.effects[0]["field"] == "b"
        assert "value" not in script.effects[0], "a person's data has no place in a ledger"

    async def test_a_record_is_forgotten(self, script: Script) -> None:
        path, form = WRITES[4]

        status, body = await script.post(path, await script.bearer(), form)

        assert (status, set(body)) == (200, {"job_id"})
        assert script.effects[0]["action"] == "gdpr/forget"


class TestSeeding:
    async def test_templates_have_an_id_and_a_name(self, script: Script) -> None:
        status, listed = await script.get("/app1/api/v1/seeding/templates", await script.bearer())

        assert status == 200
        assert [set(one) for one in listed] == [{"id", "name"}] * 2

    async def test_a_seed_is_begun_and_has_a_log(self, script: Script) -> None:
        bearer = await script.bearer()
        form = {
            "destination": "310002",
            "seeding_method": "clean_and_insert",
            "disable_automations": "False",
            "backup_id": str(LAST),
            "service_id": "310001",
        }

        status, seed = await script.post(f"{TEMPLATE}/seed", bearer, form)
        found = await script.get(f"/app1/api/v1/seeding/seed/{seed['id']}", bearer)

        assert status == 200
        assert (found[0], found[1]["log"]) == (200, ["seed began"])
        other = await script.get(f"/app1/api/v1/seeding/anonymize/{seed['id']}", bearer)
        assert other[0] == 404

    async def test_a_sandbox_is_anonymized(self, script: Script) -> None:
        bearer, (path, form) = await script.bearer(), WRITES[6]

        status, body = await script.post(path, bearer, form)
        found = await script.get(f"/app1/api/v1/seeding/anonymize/{body['job_id']}", bearer)

        assert (status, set(body)) == (200, {"job_id"})
        assert (found[0], found[1]["id"]) == (200, body["job_id"])


class TestAJob:
    async def test_has_the_pages_fields_and_goes_on_with_the_clock(self, script: Script) -> None:
        bearer = await script.bearer()
        _, made = await script.post(f"{BACKUP}/export", bearer, {"export_format": "csv"})
        path = f"/app1/api/v1/jobs/{made['job_id']}"

        stages = []
        for _ in range(4):
            _, job = await script.get(path, bearer)
            stages.append((job["status"], job["progress"], len(job["results"])))
            script.time.move(seconds=20)

        assert set(job) == {"id", "title", "status", "progress", "results"}
        assert stages == [
            ("pending", 0, 0),
            ("running", 33, 0),
            ("running", 66, 0),
            ("completed", 100, 1),
        ]
        _, listed = await script.get("/app1/api/v1/jobs", bearer)
        assert listed[-1] == job
        assert job["id"] not in [one["id"] for one in listed[:-1]]
        assert job not in (await script.get("/emea1/api/v1/jobs", bearer))[1]

    async def test_of_another_agency_is_not_there(self, script: Script) -> None:
        bearer = await script.bearer()
        _, made = await script.post(f"{BACKUP}/export", bearer, {"export_format": "csv"})
        path = f"/app1/api/v1/jobs/{made['job_id']}"

        status, body = await script.get(path, await script.bearer("Meadow"))

        assert (status, body["message"]) == (404, f"job_id {made['job_id']} not found")
        _, listed = await script.get("/app1/api/v1/jobs", await script.bearer("Meadow"))
        assert [one["id"] for one in listed] == [810003]


class TestEvents:
    @each_write
    async def test_every_write_is_told_as_one(
        self, script: Script, path: str, form: dict[str, str]
    ) -> None:
        bearer = await script.bearer()
        _, before = await script.get("/app1/api/v1/events", bearer)

        await script.post(path, bearer, form)
        last = before[-1]["event_id"]
        _, after = await script.get(f"/app1/api/v1/events?from={last}", bearer)

        assert len(after) == len(script.effects) == 1
        assert set(after[0]) == set(payload("event"))
        assert after[0]["event_id"] > last
        assert after[0]["source"] == "api"


class TestRefusals:
    @pytest.mark.parametrize(
        ("path", "form", "status", "message"),
        [
            (f"{SERVICE}/backup_specific_objects_now", {}, 400, "list_of_objects is missing"),
            (f"{BACKUP}/export", {}, 400, "export_format is missing"),
            (f"{BACKUP}/export", {"export_format": ""}, 400, "export_format is missing"),
            (
                f"{BACKUP}/export",
                {"export_format": "xml"},
                422,
                "export_format does not have a valid value",
            ),
            (
                f"{BACKUP}/export",
                {"export_format": "sql", "sql_dialect": "sqlite"},
                422,
                "sql_dialect does not have a valid value",
            ),
            (
                f"{BACKUP}/export",
                {"export_format": "csv", "include_attachments": "yes"},
                422,
                "include_attachments does not have a valid value",
            ),
            (f"{BACKUP}/export_to_endpoint", {}, 400, "endpoint_id is missing"),
            (
                f"{BACKUP}/export_to_endpoint",
                {"endpoint_id": "mine"},
                422,
                "endpoint_id does not have a valid value",
            ),
            (f"{SERVICE}/gdpr/forget", {"record_id": "1"}, 400, "table_name is missing"),
            (
                f"{SERVICE}/gdpr/rectify",
                {"record_id": "1", "table_name": "a", "field": "b"},
                400,
                "value is missing",
            ),
            (f"{TEMPLATE}/seed", {}, 400, "destination is missing"),
            (f"{TEMPLATE}/seed", {"destination": "9"}, 404, "service_id 9 not found"),
            (
                f"{TEMPLATE}/seed",
                {"destination": "310002", "seeding_method": "replace"},
                422,
                "seeding_method does not have a valid value",
            ),
            (
                f"{TEMPLATE}/anonymize",
                {"destination_service_id": "310002"},
                400,
                "disable_automations is missing",
            ),
            (
                "/app1/api/v1/seeding/templates/9/seed",
                {"destination": "310002"},
                404,
                "template_id 9 not found",
            ),
            ("/app1/api/v1/services/9/backup_now", {}, 404, "service_id 9 not found"),
            (
                f"{SERVICE}/backups/9/export",
                {"export_format": "csv"},
                404,
                "backup_id 9 not found",
            ),
        ],
    )
    async def test_say_what_is_wrong_and_change_nothing(
        self, script: Script, path: str, form: dict[str, str], status: int, message: str
    ) -> None:
        bearer = await script.bearer()
        before = script.served.double.state()

        found, body = await script.post(path, bearer, form)

        assert (found, body["message"]) == (status, message)
        assert script.effects == []
        assert script.served.double.state() == before

    async def test_a_json_body_is_no_form(self, script: Script) -> None:
        headers = {"Authorization": f"Bearer {await script.bearer()}"}
        url = f"{script.served.url}{BACKUP}/export"
        sent: dict[str, Any] = {"json": {"export_format": "csv"}, "headers": headers}
        async with script.http.post(url, **sent) as answer:
            assert (answer.status, (await answer.json())["error"]) == (400, "Bad Request")

    @each_write
    async def test_without_a_living_bearer_nothing_is_written(
        self, script: Script, path: str, form: dict[str, str]
    ) -> None:
        status, body = await script.post(path, "wrong", form)

        assert (status, body["error"]) == (401, "Unauthorized")
        assert script.effects == []

    @each_write
    async def test_another_agencys_things_are_not_there(
        self, script: Script, path: str, form: dict[str, str]
    ) -> None:
        status, _ = await script.post(path, await script.bearer("Meadow"), form)

        assert status == 404
        assert script.effects == []

    @each_write
    async def test_outside_of_the_users_units_nothing_is_written(
        self, script: Script, path: str, form: dict[str, str]
    ) -> None:
        double = script.served.double
        state = double.state()
        for service in state["agencies"]["Harbour"]["regions"]["app1"]["services"]:
            service["denied"] = True
        double.reset(state)

        status, body = await script.post(path, await script.bearer(), form)

        assert (status, body["error"]) == (403, "Forbidden")
        assert script.effects == []

    @each_write
    async def test_a_write_is_asked_for_with_post_only(
        self, script: Script, path: str, form: dict[str, str]
    ) -> None:
        status, body = await script.get(path, await script.bearer())

        assert (status, body["error"]) == (405, "Method Not Allowed")

    @pytest.mark.parametrize("path", [SERVICE, f"{SERVICE}/backups", "/app1/api/v1/jobs"])
    async def test_a_read_is_asked_for_with_get_only(self, script: Script, path: str) -> None:
        status, body = await script.post(path, await script.bearer())

        assert (status, body["error"]) == (405, "Method Not Allowed")


class TestDownloads:
    @pytest.mark.parametrize(
        ("link", "counted"),
        [
            ("download_link", "num_items"),
            ("download_added_link", "num_inserted_items"),
            ("download_changed_link", "num_updated_items"),
            ("download_removed_link", "num_deleted_items"),
        ],
    )
    async def test_a_link_is_followed_as_it_is_with_the_same_bearer(
        self, script: Script, link: str, counted: str
    ) -> None:
        bearer = await script.bearer()
        _, objects = await script.get(f"{BACKUP}/objects", bearer)

        headers = {"Authorization": f"Bearer {bearer}"}
        async with script.http.get(objects[0][link], headers=headers) as answer:
            rows = (await answer.text()).splitlines()
            assert answer.content_type == "text/csv"

        assert rows[0] == "Id,Name"
        assert len(rows) == 1 + objects[0][counted]

    async def test_a_link_opens_nothing_without_a_bearer(self, script: Script) -> None:
        _, objects = await script.get(f"{BACKUP}/objects", await script.bearer())

        async with script.http.get(objects[0]["download_link"]) as answer:
            assert answer.status == 401

    async def test_a_file_that_is_not_there_is_a_404(self, script: Script) -> None:
        status, _ = await script.get(f"{BACKUP}/objects/accounts/all", await script.bearer())

        assert status == 404
