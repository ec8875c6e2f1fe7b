"""One TOML file, the environment over it, and a clear word about all that is wrong."""

import json
import re
import runpy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config import Duration, Profile, Settings, StatusProfile, load, resolve, url_objection
from gateway.config import show as shown
from gateway.config.keys import KEYS, reference
from gateway.config.settings import without_password
from gateway.domain.failures import BadInput
from gateway.domain.vendor import VendorName
from gateway.upstream.laws import Rate, RateScope

CANARY = "canary-7f3b9c"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def configured(text: str = "", **environ: str) -> Settings:
    Path("gateway.toml").write_text(text)
    return load(environ={"HOME": "/home/ada", **environ})


def refusal(text: str = "", **environ: str) -> BadInput:
    with pytest.raises(BadInput) as caught:
        configured(text, **environ)
    return caught.value


# ── Where values come from ────────────────────────────────────────────────────────────────────


def test_without_a_file_everything_has_its_default() -> None:
    settings = load(environ={"HOME": "/home/ada"})
    assert settings.storage.url == "sqlite:////home/ada/.local/share/agency-gateway/gateway.db"
    assert settings.vault.keys is None
    assert settings.http.profile is Profile.PRODUCTION
    assert settings.http.status_profile is StatusProfile.COMPAT
    assert (settings.deadline.default, settings.deadline.maximum) == (10.0, 30.0)
    assert settings.telemetry.metrics_port == 9464
    assert set(settings.vendors.each) == set(VendorName)


def test_the_users_data_folder_may_be_elsewhere() -> None:
    settings = load(environ={"XDG_DATA_HOME": "/data"})
    assert settings.storage.url == "sqlite:////data/agency-gateway/gateway.db"


def test_a_file_sets_any_key() -> None:
    settings = configured(
        """
        [http]
        profile = "development"
        status_profile = "draft-2026"

        [deadline]
        default = "2.5s"
        maximum = "1m"

        [vendors]
        insecure_hosts = ["sandbox.local"]

        [vendors.own]
        base_url = "http://sandbox.local:8080/{region}"
        auth_url = "http://127.0.0.1:9000"
        ca_file = "gateway.toml"
        limits = [{ count = 5, period = "1s" },
                  { count = 10, period = "1h", scope = "account", operations = ["services"] }]

        [vendors.own.freshness]
        services = "5m"
        "clients/retrieve" = "500ms"

        [log]
        format = "text"
        level = "debug"
        """
    )
    own = settings.vendor(VendorName.OWN)
    assert settings.deadline.default == 2.5
    assert own.base_url == "http://sandbox.local:8080/{region}"
    assert own.freshness == {"services": 300.0, "clients/retrieve": 0.5}
    assert own.limits is not None
    assert [limit.rate() for limit in own.limits] == [
        Rate(5, 1.0, RateScope.CREDENTIAL, None, "configured"),
        Rate(10, 3600.0, RateScope.ACCOUNT, frozenset({"services"}), "configured"),
    ]
    assert settings.vendor(VendorName.BRONTO).base_url is None


def test_the_environment_goes_over_the_file_key_by_key() -> None:
    settings = configured(
        '[deadline]\ndefault = "1s"\nmaximum = "2s"',
        GATEWAY_DEADLINE__DEFAULT="1500ms",
        GATEWAY_HTTP__PROFILE="development",
        GATEWAY_VENDORS__ENGAGING_NETWORKS__BASE_URL="https://double.test",
        GATEWAY_VENDORS__INSECURE_HOSTS='["a.test", "b.test"]',
        GATEWAY_VENDORS__BRONTO__FRESHNESS='{ readAccounts = "1m" }',
        GATEWAY_TELEMETRY__METRICS_PORT="9000",
    )
    assert (settings.deadline.default, settings.deadline.maximum) == (1.5, 2.0)
    assert settings.vendor(VendorName.ENGAGING_NETWORKS).base_url == "https://double.test"
    assert settings.vendors.insecure_hosts == ("a.test", "b.test")
    assert settings.vendor(VendorName.BRONTO).freshness == {"readAccounts": 60.0}
    assert settings.telemetry.metrics_port == 9000


def test_an_empty_variable_counts_as_not_set() -> None:
    assert configured('[log]\nlevel = "error"', GATEWAY_LOG__LEVEL="").log.level.value == "error"


def test_variables_that_kubernetes_sets_for_a_service_named_gateway_are_left_alone() -> None:
    settings = configured(GATEWAY_PORT="tcp://10.0.0.1:80", GATEWAY_SERVICE_HOST="10.0.0.1")
    assert settings == configured()


def test_the_file_is_the_one_asked_for_else_the_environments_else_the_folders(
    tmp_path: Path,
) -> None:
    for name in ("asked", "environment", "gateway"):
        (tmp_path / f"{name}.toml").write_text(f'[vault]\nkeys = "{name}"')
    environ = {"GATEWAY_CONFIG": "environment.toml"}
    assert load(tmp_path / "asked.toml", environ).vault.keys == "asked"
    assert load(None, environ).vault.keys == "environment"
    assert load(None, {}).vault.keys == "gateway"


@pytest.mark.parametrize("key", KEYS)
def test_each_key_can_be_set_from_the_environment(key: str) -> None:
    values = {
        "profile": "development",
        "status_profile": "draft-2026",
        "default": "20s",
        "maximum": "20s",
        "patience": "10s",
        "lease": "40s",
        "base_url": "https://x.test",
        "auth_url": "https://x.test",
        "ca_file": "gateway.toml",
        "limits": '[{count = 1, period = "1s"}]',
        "freshness": '{x = "1s"}',
        "insecure_hosts": '["x"]',
        "metrics_port": "1",
        "format": "text",
        "level": "debug",
    }
    name = "GATEWAY_" + key.upper().replace(".", "__")
    environ = {name: values.get(key.rpartition(".")[2], "x")}
    if key == "vendors.insecure_hosts":
        environ["GATEWAY_HTTP__PROFILE"] = "development"
    assert shown(configured(**environ)) != shown(configured())


# ── What is wrong ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "wrong", "nearest"),
    [
        ("[deadline]\ndefualt = 1", "deadline.defualt", "deadline.default"),
        ("[vendors.bronto]\nbase_ulr = 1", "vendors.bronto.base_ulr", "vendors.bronto.base_url"),
        ("[vendors.ownn]\nbase_url = 1", "vendors.ownn", "vendors.own"),
        ("metrics_port = 1", "metrics_port", "telemetry.metrics_port"),
        ("[redis]\nurl = 'redis://x'", "redis", None),
    ],
)
def test_an_unknown_key_is_refused_naming_its_place_and_the_nearest(
    text: str, wrong: str, nearest: str | None
) -> None:
    failure = refusal(text)
    assert failure.message.startswith(f"{wrong} (gateway.toml): Unknown key; the nearest")
    assert failure.field == tuple(wrong.split("."))
    if nearest is not None:
        assert f"`{nearest}" in failure.message


def test_an_unknown_variable_is_refused_by_its_own_name() -> None:
    failure = refusal(GATEWAY_STORAGE__ULR=CANARY)
    assert failure.message == (
        "storage.ulr (GATEWAY_STORAGE__ULR): Unknown key; the nearest known one is `storage.url`."
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[deadline]\ndefault = "soon"', "deadline.default (gateway.toml): Expected a duration"),
        ("[deadline]\ndefault = 10", "deadline.default (gateway.toml): Expected a text"),
        ('[deadline]\ndefault = "0s"', "deadline.default (gateway.toml): Expected more"),
        ('[deadline]\ndefault = "1m"', "deadline.maximum (default): Expected at least"),
        ('[http]\nprofile = "prod"', "Expected `production` or `development`"),
        ("http = 3", "http (gateway.toml): Expected a section"),
        ("[telemetry]\nmetrics_port = 70000", "Expected `int` <= 65535"),
        ('[telemetry]\nmetrics_port = "9464"', "Expected `int`, got `str`"),
        ('[vendors.own]\nlimits = [{count = 0, period = "1s"}]', "Expected `int` >= 1"),
        ('[vendors.own]\nlimits = [{count = 1, period = "0s"}]', "Expected a period of more"),
        ('[vendors.own]\nlimits = [{count = 1, perod = "1s"}]', "`perod`; the nearest known one"),
        (
            '[vendors.own]\nlimits = [{count = 1, period = "1s", scope = "canary-7f3b9c"}]',
            "Expected another word - at `$[0].scope`",
        ),
        ('[vendors.own]\nca_file = "canary-7f3b9c"', "Expected the path of a file that is there"),
        ('[vendors]\ninsecure_hosts = ["x"]', "Plain http is for the development profile"),
    ],
)
def test_a_wrong_value_is_refused_naming_its_key_but_not_itself(text: str, message: str) -> None:
    failure = refusal(text)
    assert message in failure.message
    assert CANARY not in failure.message


def test_a_file_that_is_no_toml_is_refused_without_echo() -> None:
    failure = refusal(f'[vault]\nkeys = "{CANARY}')
    assert "gateway.toml is not valid TOML (at " in failure.message
    assert CANARY not in failure.message


def test_a_variable_that_is_no_toml_is_refused_without_echo() -> None:
    failure = refusal(GATEWAY_TELEMETRY__METRICS_PORT=CANARY)
    assert failure.message.startswith("telemetry.metrics_port (GATEWAY_TELEMETRY__METRICS_PORT)")
    assert CANARY not in failure.message


def test_a_file_that_was_asked_for_must_be_there() -> None:
    with pytest.raises(BadInput, match=r"nowhere\.toml cannot be read"):
        load(Path("nowhere.toml"), {})
    with pytest.raises(BadInput, match=r"nowhere\.toml cannot be read"):
        load(None, {"GATEWAY_CONFIG": "nowhere.toml"})


# ── Addresses of vendors ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "url",
    [
        "https://api.test",
        "https://{region}.api.test:8443/base",
        "http://localhost:8080",
        "http://127.0.0.1:8080/{region}",
        "http://[::1]:8080",
        "http://sandbox.test",
    ],
)
def test_in_development_these_addresses_are_good(url: str) -> None:
    settings = configured(
        '[http]\nprofile = "development"\n[vendors]\ninsecure_hosts = ["Sandbox.test"]'
    )
    assert url_objection(url, settings) is None


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "api.test"])
def test_in_production_nothing_is_called_by_plain_http(host: str) -> None:
    failure = refusal(f'[vendors.bronto]\nbase_url = "http://{host}"')
    assert failure.message.startswith("vendors.bronto.base_url (gateway.toml): Expected https")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.test",
        "ftp://api.test",
        "https://",
        "https:///path",
        "https://user:canary-7f3b9c@api.test",
        "https://api.test?key=canary-7f3b9c",
        "https://api.test#canary-7f3b9c",
        "https://api.test:canary-7f3b9c",
        "https://[canary-7f3b9c",
        "https://api.test/{tenant}",
        "https://api.test/{region.__class__}",
        "https://api.test/{0}",
        "https://api.test/{",
        "http://api.test",
        "http://127.0.0.1.api.test",
    ],
)
def test_these_addresses_are_refused_without_echo(url: str) -> None:
    settings = configured('[http]\nprofile = "development"')
    reason = url_objection(url, settings)
    assert reason is not None
    assert reason.startswith("Expected")
    assert CANARY not in reason


# ── Durations ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500ms", 0.5), ("30s", 30.0), ("2m", 120.0), ("1h", 3600.0), ("2.5s", 2.5), ("0s", 0.0)],
)
def test_a_duration_is_a_number_with_a_unit(text: str, seconds: float) -> None:
    assert Duration.parse(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "s", "-1s", "1 s", "1d", "1S", "1e3s", "٣s", "1s\n"])
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="Expected a duration"):
        Duration.parse(text)


@given(st.integers(0, 10**9))
def test_a_duration_is_written_as_it_is_read(milliseconds: int) -> None:
    duration = Duration(milliseconds / 1000)
    assert abs(Duration.parse(str(duration)) - duration) < 1e-6
    assert eval(repr(duration).replace("Duration", "Duration.parse")) == Duration.parse(
        str(duration)
    )


def test_durations_are_shown_in_the_largest_unit_that_fits() -> None:
    shown = [str(Duration(seconds)) for seconds in (0, 0.0005, 0.5, 2.5, 90, 120, 5400, 7200)]
    assert shown == ["0s", "0.0005s", "500ms", "2500ms", "90s", "2m", "90m", "2h"]


# ── References and showing ────────────────────────────────────────────────────────────────────


def test_a_reference_stands_for_what_it_refers_to(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://file\n")
    assert resolve(f"file:{tmp_path}/url") == "postgresql://file"
    assert resolve("env:DATABASE", {"DATABASE": "postgresql://environment"}) == (
        "postgresql://environment"
    )
    assert resolve("sqlite:///x.db") == "sqlite:///x.db"


@pytest.mark.parametrize("reference", ["env:NOWHERE_SET", "file:/nowhere/at/all"])
def test_a_reference_to_nothing_is_named(reference: str) -> None:
    with pytest.raises(BadInput, match=reference):
        resolve(reference, {})


def test_what_is_shown_is_effective_complete_and_plain() -> None:
    tree = shown(configured(GATEWAY_VENDORS__OWN__FRESHNESS='{services = "90s"}'))
    for key in KEYS:
        held = tree
        for name in key.split("."):
            held = held[name]
    assert tree["deadline"] == {"default": "10s", "maximum": "30s"}
    assert tree["vendors"]["own"]["freshness"] == {"services": "90s"}
    assert tree["vendors"]["insecure_hosts"] == []
    assert json.loads(json.dumps(tree)) == tree


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://app:canary-7f3b9c@db:5432/gateway",
        "postgresql://app:canary@-7f3b9c@db/gateway",
        "postgresql://db/gateway?password=canary-7f3b9c",
        "postgresql://[canary-7f3b9c",
    ],
)
def test_no_password_is_shown(url: str) -> None:
    settings = configured(GATEWAY_STORAGE__URL=url)
    for text in (json.dumps(shown(settings)), repr(settings), str(settings)):
        assert "7f3b9c" not in text
    assert settings.storage.url == url


def test_a_url_without_a_password_is_shown_as_it_is() -> None:
    for url in ("sqlite:////home/ada/gateway.db", "postgresql://app@db:5432/g", "env:URL"):
        assert without_password(url) == url


# ── The documentation ─────────────────────────────────────────────────────────────────────────


def test_the_page_of_all_keys_is_in_step() -> None:
    """If this fails: python -m gateway.config > docs/configuration.md"""
    page = Path(__file__).parent.parent / "docs" / "configuration.md"
    assert page.read_text() == reference()


def test_the_page_is_written_by_running_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_module("gateway.config", run_name="__main__")
    assert capsys.readouterr().out == reference()


def test_each_key_is_described_by_a_sentence() -> None:
    for key in KEYS.values():
        assert re.fullmatch(r"[A-Z`].{20,}\.", key.description), key.path
        path = re.sub(r"^vendors\.[a-z_]+\.", "vendors.<vendor>.", key.path)
        assert f"| `{path}` |" in reference()
