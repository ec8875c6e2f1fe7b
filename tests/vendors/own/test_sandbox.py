"""Own's double against the vendor page, over a real socket and without our adapter."""

import ast
import json
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.vendors.own import sandbox
from gateway.vendors.own.sandbox import create

from .scene import NOW, payload
from .script import TOKEN_PATH, Script
from .served import Time, world


class TestTheTokenExchange:
    async def test_answers_the_pages_fields(self, script: Script) -> None:
        status, body = await script.exchange()

        assert status == 200
        assert set(body) == set(payload("token"))
        assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
        told = script.served.double.describe("")["agencies"]["Harbour"]
        assert body["refresh_token"] == told["api_token"], "there is no rotation"

    @pytest.mark.parametrize(
        ("changed", "status", "code"),
        [
            ({"refresh_token": "own_wrong"}, 400, "invalid_grant"),
            ({"refresh_token": ""}, 400, "invalid_grant"),
            ({"client_id": "another"}, 401, "invalid_client"),
            ({"scope": "openid"}, 400, "invalid_scope"),
            ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ],
    )
    async def test_refuses_in_oktas_shape(
        self, script: Script, changed: dict[str, str], status: int, code: str
    ) -> None:
        found, body = await script.exchange(**changed)

        assert (found, body["error"]) == (status, code)
        assert set(body) == {"error", "error_description"}

    async def test_takes_forms_only(self, script: Script) -> None:
        async with script.http.post(script.served.url + TOKEN_PATH, json={}) as answer:
            assert (answer.status, (await answer.json())["error"]) == (400, "invalid_request")

    async def test_a_bearer_lives_as_long_as_the_state_says(self, script: Script) -> None:
        double = script.served.double
        double.reset({**double.state(), "bearer_seconds": 60})
        bearer = await script.bearer()

        script.time.move(seconds=59)
        assert (await script.get("/app1/api/v1/services", bearer))[0] == 200
        script.time.move(seconds=1)
        assert (await script.get("/app1/api/v1/services", bearer))[0] == 401

    async def test_a_token_is_gone_180_days_after_its_making(self, script: Script) -> None:
        script.time.move(days=24, hours=23)
        bearer = await script.bearer()
        assert (await script.exchange())[0] == 200

        script.time.move(hours=1)

        assert (await script.exchange())[1]["error"] == "invalid_grant"
        assert (await script.get("/app1/api/v1/services", bearer))[0] == 401
        assert (await script.exchange("Meadow"))[0] == 200


class TestReads:
    async def test_a_service_has_the_pages_fields(self, script: Script) -> None:
        bearer = await script.bearer()

        _, listed = await script.get("/app1/api/v1/services", bearer)
        _, one = await script.get(f"/app1/api/v1/services/{listed[0]['id']}", bearer)

        assert one == listed[0]
        assert set(one) == set(payload("service"))
        assert {type(one[key]) for key in ("id", "enabled", "num_items")} == {int}
        assert len(one["org_id"]) == 18

    async def test_one_bearer_opens_both_regions_where_ids_repeat(self, script: Script) -> None:
        bearer = await script.bearer()

        _, app1 = await script.get("/app1/api/v1/services", bearer)
        _, emea1 = await script.get("/emea1/api/v1/services", bearer)

        assert (len(app1), len(emea1)) == (2, 2)
        assert [one["id"] for one in app1] == [one["id"] for one in emea1]
        assert app1[0]["displayed_name"] != emea1[0]["displayed_name"]

    async def test_backups_objects_and_events_have_the_pages_fields(self, script: Script) -> None:
        bearer = await script.bearer()
        path = "/app1/api/v1/services/310001/backups"

        _, backups = await script.get(path, bearer)
        _, last = await script.get(f"{path}/last", bearer)
        _, objects = await script.get(f"{path}/last/objects", bearer)
        _, events = await script.get("/app1/api/v1/events", bearer)

        assert set(backups[0]) == set(payload("backup"))
        assert last == max(backups, key=lambda one: str(one["completed_at"]))
        assert set(objects[0]) == set(payload("backup_object"))
        assert set(events[0]) == set(payload("event"))
        _, jobs = await script.get("/app1/api/v1/jobs", bearer)
        assert set(jobs[0]) == set(payload("job"))
        assert await script.get(f"/app1/api/v1/jobs/{jobs[0]['id']}", bearer) == (200, jobs[0])

    async def test_events_are_told_from_the_one_after_and_at_most_1000(
        self, script: Script
    ) -> None:
        double = script.served.double
        state = double.state()
        state["agencies"]["Harbour"]["regions"]["app1"]["events"] = [
            {**payload("event"), "event_id": id} for id in range(1, 1202)
        ]
        double.reset(state)
        bearer = await script.bearer()

        _, first = await script.get("/app1/api/v1/events", bearer)
        _, rest = await script.get("/app1/api/v1/events?from=1000", bearer)

        assert [one["event_id"] for one in first] == list(range(1, 1001))
        assert [one["event_id"] for one in rest] == list(range(1001, 1202))

    async def test_all_other_lists_are_whole_and_no_header_tells_of_a_limit(
        self, script: Script
    ) -> None:
        double = script.served.double
        state = double.state()
        held = state["agencies"]["Harbour"]["regions"]["app1"]
        held["services"] = [{**held["services"][0], "id": id} for id in range(1, 1202)]
        double.reset(state)
        headers = {"Authorization": f"Bearer {await script.bearer()}"}
        url = f"{script.served.url}/app1/api/v1/services"

        async with script.http.get(url, headers=headers) as answer:
            listed, names = await answer.json(), {name.lower() for name in answer.headers}

        assert len(listed) == 1201
        assert not [name for name in names if "limit" in name or name in ("link", "retry-after")]

    @pytest.mark.parametrize(
        ("path", "message"),
        [
            ("/app1/api/v1/services/12415", "service_id 12415 not found"),
            ("/app1/api/v1/services/310001/backups/5", "backup_id 5 not found"),
            ("/app1/api/v1/services/310001/backups/5/objects", "backup_id 5 not found"),
            ("/uk1/api/v1/services", "no such path"),
            ("/app1/api/v1/accounts", "no such path"),
        ],
    )
    async def test_what_is_not_there_is_the_pages_404(
        self, script: Script, path: str, message: str
    ) -> None:
        status, body = await script.get(path, await script.bearer())

        assert (status, body) == (404, {**payload("error"), "message": message})

    async def test_another_agencys_service_is_not_there(self, script: Script) -> None:
        bearer = await script.bearer("Meadow")
        _, own = await script.get("/app1/api/v1/services", bearer)

        status, _ = await script.get("/app1/api/v1/services/310001", bearer)

        assert [one["id"] for one in own] == [310003]
        assert status == 404

    async def test_a_service_outside_of_the_users_units_is_hidden_and_forbidden(
        self, script: Script
    ) -> None:
        double = script.served.double
        state = double.state()
        state["agencies"]["Harbour"]["regions"]["app1"]["services"][0]["denied"] = True
        double.reset(state)
        bearer = await script.bearer()

        _, listed = await script.get("/app1/api/v1/services", bearer)
        status, body = await script.get("/app1/api/v1/services/310001", bearer)

        assert [one["id"] for one in listed] == [310002]
        assert (status, body["error"]) == (403, "Forbidden")

    @pytest.mark.parametrize("sign", ["", "Bearer wrong", "Basic {}", "{}"])
    async def test_without_a_living_bearer_there_is_nothing(
        self, script: Script, sign: str
    ) -> None:
        headers = {"Authorization": sign.format(await script.bearer())}
        url = script.served.url + "/app1/api/v1/services"
        async with script.http.get(url, headers=headers) as answer:
            assert answer.status == 401
            assert set(await answer.json()) == {"error", "message"}


class TestTheHarness:
    def test_the_world_is_the_same_each_time_and_a_valid_body_for_reset(self) -> None:
        clock = Time().clock
        double, twin = create(world(), clock), create(world(), clock)
        state = json.loads(json.dumps(double.state()))

        double.dashboard({"action": "revoke_token", "agency": "Harbour"})
        assert double.state() != state
        double.reset(None)
        assert double.state() == twin.state() == state
        double.dashboard({"action": "revoke_token", "agency": "Harbour"})
        double.reset(state)
        assert double.state() == state
        assert double.effects() == []

    def test_what_is_handed_out_is_a_copy(self) -> None:
        double = create(world(), Time().clock)

        double.state()["agencies"].clear()

        assert set(double.state()["agencies"]) == {"Harbour", "Meadow"}

    def test_it_describes_itself_as_the_contract_has_it(self) -> None:
        told = create(world(), Time().clock).describe("http://127.0.0.1:9")

        assert told["auth_url"] == "http://127.0.0.1:9"
        assert told["regions"] == {
            "app1": "http://127.0.0.1:9/app1",
            "emea1": "http://127.0.0.1:9/emea1",
        }
        assert set(told["agencies"]) == {"Harbour", "Meadow"}
        assert set(told["agencies"]["Harbour"]) == {"api_token", "client_id"}

    def test_an_account_has_both_regions_and_labels_its_services_by_company(self) -> None:
        double = create(world(), Time().clock)
        (harbour,), (meadow,) = double.accounts("Harbour"), double.accounts("Meadow")

        assert harbour.regions == ("app1", "emea1")
        assert harbour.created_at == NOW - timedelta(days=155)
        assert meadow.created_at == NOW - timedelta(days=30)
        assert harbour.credentials["api_token"] != meadow.credentials["api_token"]
        assert {line["vendorId"]: line["client"] for line in harbour.ledger} == {
            "app1/310001": "Ana Ltd",
            "emea1/310001": "Cem Ltd",
            "app1/310002": "Dee Ltd",
            "emea1/310002": "Eve Ltd",
        }

    @pytest.mark.parametrize(
        ("method", "path", "operation"),
        [
            ("POST", TOKEN_PATH, "token"),
            ("GET", TOKEN_PATH, ""),
            ("GET", "/app1/api/v1/services", "services"),
            ("GET", "/app1/api/v1/services/1", "services/get"),
            ("GET", "/app1/api/v1/services/1/backups", "backups"),
            ("GET", "/app1/api/v1/services/1/backups/last", "backups/get"),
            ("GET", "/app1/api/v1/services/1/backups/2/objects", "backups/objects"),
            ("GET", "/emea1/api/v1/jobs", "jobs"),
            ("GET", "/emea1/api/v1/events", "events"),
            ("POST", "/emea1/api/v1/events", ""),
            ("GET", "/emea1/api/v1/accounts", ""),
            ("GET", "/", ""),
        ],
    )
    def test_it_names_operations_as_the_contract_does(
        self, method: str, path: str, operation: str
    ) -> None:
        assert create(world(), Time().clock).operation(method, path, "", b"") == operation

    def test_it_finds_the_credential_in_the_header_or_in_the_form(self) -> None:
        double = create(world(), Time().clock)

        assert double.credential({"authorization": "Bearer eyJ"}, "", b"") == "eyJ"
        assert double.credential({}, "", b"scope=x&refresh_token=own_1") == "own_1"
        assert double.credential({}, "", b"") is None

    async def test_a_user_has_one_token_at_a_time(self, script: Script) -> None:
        double = script.served.double
        before = await script.bearer()
        with pytest.raises(ValueError, match="revoke the old one first"):
            double.dashboard({"action": "generate_token", "agency": "Harbour"})

        double.dashboard({"action": "revoke_token", "agency": "Harbour"})
        assert (await script.get("/emea1/api/v1/services", before))[0] == 401
        assert double.accounts("Harbour") == ()
        with pytest.raises(ValueError, match="no API token"):
            double.dashboard({"action": "revoke_token", "agency": "Harbour"})

        made = double.dashboard({"action": "generate_token", "agency": "Harbour"})
        assert (await script.exchange(refresh_token=made["api_token"]))[0] == 200
        assert (await script.get("/emea1/api/v1/services", before))[0] == 401
        actions = [effect["action"] for effect in double.effects()]
        assert actions == ["revoke_token", "generate_token"]
        assert made["api_token"] not in json.dumps(double.effects())

    @pytest.mark.parametrize(
        "action",
        [{"action": "roll_key", "agency": "Harbour"}, {"action": "revoke_token"}, {}],
    )
    def test_what_people_cannot_do_there_is_refused_in_a_sentence(
        self, action: dict[str, str]
    ) -> None:
        with pytest.raises(ValueError, match=r"^Own.*\.$"):
            create(world(), Time().clock).dashboard(action)

    def test_it_knows_nothing_of_the_adapter(self) -> None:
        sources = Path(sandbox.__file__).parent.glob("*.py")
        nodes = [node for source in sources for node in ast.walk(ast.parse(source.read_text()))]
        outside = {n.module for n in nodes if isinstance(n, ast.ImportFrom) and n.level > 1}

        assert outside == {"double", "domain.clock", "domain.vendor"}
