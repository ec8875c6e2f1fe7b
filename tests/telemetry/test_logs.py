"""Log lines: structured, redacted, and one for each outage."""

import io
import json
import logging
import warnings
from collections.abc import Iterator

import pytest

from gateway.domain.caller import AgencyId
from gateway.domain.events import (
    BreakerChanged,
    CacheServed,
    CallFinished,
    CallSent,
    CapabilityLearned,
    CredentialRejected,
    Event,
    FlightJoined,
    LedgerServed,
    RetryScheduled,
    SessionRenewed,
)
from gateway.domain.failures import ErrorCode
from gateway.domain.secret import Secret
from gateway.domain.vendor import VendorName
from gateway.telemetry import fan_out
from gateway.telemetry.logs import EventLog, logging_to
from gateway.telemetry.outages import Outages
from gateway.telemetry.redaction import DOTS, Redactor

CANARY = "canary-7f3b9c"


class Lines:
    """Where the lines go, and what they say."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.redactor = Redactor()
        self.redactor.register(Secret(CANARY))

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def read(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def lines() -> Iterator[Lines]:
    made = Lines()
    with logging_to(made.stream, redactor=made.redactor, as_json=True, level="debug"):
        yield made


# ── Lines ─────────────────────────────────────────────────────────────────────────────────────


def test_an_entry_is_one_json_object_on_one_line(lines: Lines) -> None:
    logging.getLogger("gateway.web").info("Served\n%s", "it", extra={"seconds": 0.5})
    (line,) = lines.read
    assert str(line.pop("timestamp")).endswith("Z")
    assert line == {
        "event": "Served\nit",
        "level": "info",
        "logger": "gateway.web",
        "seconds": 0.5,
    }


def test_secrets_are_taken_out_of_message_arguments_extras_and_tracebacks(lines: Lines) -> None:
    logger = logging.getLogger("somewhere")
    try:
        try:
            raise KeyError(CANARY)
        except KeyError as cause:
            raise ValueError(f"vendor said key={CANARY}") from cause
    except ValueError:
        logger.exception("It was %s", CANARY, extra={CANARY: [CANARY, {"deep": CANARY}]})
    logger.info("GET https://a.test/x?key=%s", "unknown-secret")
    assert CANARY not in lines.text
    assert "unknown-secret" not in lines.text
    assert "Traceback" in str(lines.read[0]["exception"])
    assert lines.read[0]["event"] == f"It was {DOTS}"


@pytest.mark.parametrize("name", ["uvicorn.error", "uvicorn.access", "aiohttp.client", "alembic"])
def test_lines_of_the_libraries_go_the_same_way(lines: Lines, name: str) -> None:
    logging.getLogger(name).warning('"GET /graphql?query=x" %s', CANARY)
    assert [line["event"] for line in lines.read] == [f'"GET /graphql?{DOTS}" {DOTS}']


@pytest.mark.parametrize("name", ["sqlalchemy.engine.Engine", "aiosqlite", "asyncpg"])
def test_statements_with_their_parameters_are_not_logged_even_when_debugging(
    lines: Lines, name: str
) -> None:
    logging.getLogger(name).info("INSERT %r", {"email": "ada@example.test"})
    assert lines.text == ""


def test_warnings_go_the_same_way(lines: Lines) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)  # catch_warnings put its own way of showing in place
        warnings.warn(f"deprecated {CANARY}", stacklevel=1)
    assert f"deprecated {DOTS}" in str(lines.read[0]["event"])


def test_uvicorns_coloured_copy_of_a_message_is_left_out(lines: Lines) -> None:
    logging.getLogger("uvicorn.error").info("Started", extra={"color_message": "\x1b[1mStarted"})
    assert set(lines.read[0]) == {"event", "level", "logger", "timestamp"}


def test_a_line_that_cannot_be_made_shows_nothing_of_itself(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = Lines()
    with logging_to(lines.stream, redactor=lines.redactor, as_json=True):
        logging.getLogger("gateway").info("%d", CANARY)
    assert lines.text == ""
    assert capsys.readouterr().err == "A log line of gateway could not be written.\n"


def test_text_lines_are_for_people_and_cannot_be_forged() -> None:
    lines = Lines()
    with logging_to(lines.stream, redactor=lines.redactor, as_json=False):
        logging.getLogger("gateway").info("Name: %s", "x\n2026 [error] all lost \x1b[2J")
        logging.getLogger("gateway").debug("not shown at this level")
    (line,) = lines.text.splitlines()
    assert "Name: x\\n2026" in line
    assert "\x1b" not in line


def test_a_text_line_of_an_error_keeps_the_lines_of_its_traceback() -> None:
    lines = Lines()
    with logging_to(lines.stream, redactor=lines.redactor, as_json=False):
        try:
            raise ValueError(CANARY)
        except ValueError:
            logging.getLogger("gateway").exception("Failed.")
    assert "Traceback (most recent call last):\n" in lines.text
    assert f"ValueError: {DOTS}" in lines.text


def test_logging_is_as_before_when_the_context_ends() -> None:
    before = (logging.getLogger().handlers[:], logging.getLogger().level)
    with logging_to(io.StringIO(), redactor=Redactor(), as_json=True):
        assert logging.getLogger().handlers != before[0]
    assert (logging.getLogger().handlers[:], logging.getLogger().level) == before


# ── Events ────────────────────────────────────────────────────────────────────────────────────

WHERE = {
    "vendor": VendorName.BRONTO,
    "agency": AgencyId(1),
    "account": 7,
    "operation": "readAccounts",
    "request_id": "r1",
}


def breaker(state: str, host: str = "api.bronto.test") -> BreakerChanged:
    reason = "VENDOR_UNAVAILABLE" if state == "OPEN" else None
    return BreakerChanged(**WHERE, host=host, state=state, reason=reason)


def finished(failure: ErrorCode | None = None) -> CallFinished:
    return CallFinished(**WHERE, seconds=0.1, source="LIVE", stale=False, failure=failure)


def levels(lines: Lines) -> list[tuple[object, object]]:
    return [(line["level"], line["event"]) for line in lines.read if line["level"] != "debug"]


def test_an_outage_is_told_once_going_down_and_once_coming_up(lines: Lines) -> None:
    log = EventLog()
    for state in ("OPEN", "HALF_OPEN", "OPEN", "HALF_OPEN", "CLOSED", "CLOSED"):
        log(breaker(state))
    for _ in range(50):
        log(finished(ErrorCode.VENDOR_UNAVAILABLE))
    assert levels(lines) == [
        ("warning", "The vendor is down."),
        ("info", "The vendor is up again."),
    ]
    down = lines.read[0]
    assert (down["vendor"], down["host"]) == ("BRONTO", "api.bronto.test")
    assert down["reason"] == "VENDOR_UNAVAILABLE"


def test_each_host_of_a_vendor_has_outages_of_its_own(lines: Lines) -> None:
    log = EventLog()
    for event in (breaker("OPEN"), breaker("OPEN", "eu.test"), breaker("CLOSED")):
        log(event)
    assert len(levels(lines)) == 3


@pytest.mark.parametrize("code", list(ErrorCode))
def test_only_failures_that_no_other_line_tells_of_are_warned_of(
    lines: Lines, code: ErrorCode
) -> None:
    EventLog()(finished(code))
    alarming = code.name in {"VENDOR_BAD_RESPONSE", "VENDOR_CONTRACT", "VENDOR_TLS"}
    assert len(levels(lines)) == (1 if alarming else 0)


EVENTS: list[Event] = [
    finished(),
    CallSent(**WHERE, seconds=0.1, status=200),
    CacheServed(**WHERE, age_seconds=1.0, stale=True, failure=ErrorCode.RATE_LIMITED),
    LedgerServed(**WHERE, count=20, stale=False),
    FlightJoined(**WHERE),
    RetryScheduled(**WHERE, attempt=1, delay_seconds=0.2, failure=ErrorCode.VENDOR_UNAVAILABLE),
    SessionRenewed(**WHERE),
    breaker("OPEN"),
    CredentialRejected(**WHERE, credential=3),
    CapabilityLearned(**WHERE, credential=3, name="RETRIEVE_LINK", granted=True),
]


def test_every_kind_of_event_can_be_written(lines: Lines) -> None:
    log = EventLog()
    for event in EVENTS:
        log(event)
    assert {type(event).__name__ for event in EVENTS} == {
        kind.__name__ for kind in Event.__subclasses__()
    }
    assert len(lines.read) == len(EVENTS)
    for line in lines.read:
        assert (line["vendor"], line["operation"], line["request_id"]) == (
            "BRONTO",
            "readAccounts",
            "r1",
        )


def test_only_breakers_tell_of_outages() -> None:
    outages = Outages()
    assert [outages.learn(event) for event in EVENTS if not isinstance(event, BreakerChanged)] == (
        [None] * (len(EVENTS) - 1)
    )
    assert outages.count("BRONTO") == 0
    assert outages.learn(breaker("OPEN")) is True
    assert (outages.count("BRONTO"), outages.count("OWN")) == (1, 0)


def test_a_refused_credential_is_named_by_its_id_only(lines: Lines) -> None:
    EventLog()(CredentialRejected(**WHERE, credential=3))
    assert lines.read[0]["credential"] == 3
    assert lines.read[0]["level"] == "warning"


def test_all_consumers_are_told_in_order() -> None:
    told: list[tuple[str, Event]] = []
    observe = fan_out(
        lambda event: told.append(("a", event)), lambda event: told.append(("b", event))
    )
    observe(EVENTS[0])
    assert told == [("a", EVENTS[0]), ("b", EVENTS[0])]
