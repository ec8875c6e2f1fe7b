"""What Own's tests share: the page's payloads, an account, and an exchange without a network."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.domain.caller import AgencyId
from gateway.domain.clock import Clock
from gateway.domain.model import VendorAccount
from gateway.domain.vendor import VendorName
from gateway.upstream.exchange import Call, Reply
from gateway.upstream.laws import Login
from gateway.vendors.own import VENDOR

NOW = datetime(2024, 5, 2, 12, tzinfo=UTC)
_PAYLOADS = Path(__file__).parent / "payloads"


def payload(name: str) -> Any:
    """A payload of the vendor page (section 3 and 6)."""
    return json.loads((_PAYLOADS / f"{name}.json").read_text())


def reply(body: Any, status: int = 200, kind: str = "application/json") -> Reply:
    """An answer of Own's; bytes are sent as they are, all else as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status, raw, (("Content-Type", kind),), at=NOW)


def account(*regions: str, **options: str) -> VendorAccount:
    return VendorAccount(
        id=1,
        agency=AgencyId(1),
        vendor=VendorName.OWN,
        name="Own",
        regions=regions,
        options=options,
    )


Answer = Callable[[Call], Reply]


@dataclass
class Asked:
    """An exchange that answers by a function, classifies as the stack does, and remembers calls."""

    answer: Answer
    calls: list[Call] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock)

    async def send(self, call: Call) -> Reply:
        self.calls.append(call)
        answered = self.answer(call)
        failure = VENDOR.laws.classify(call, answered)
        if failure is not None:
            raise failure
        return answered

    def surrogate(self, value: str) -> str:
        raise AssertionError("Own's ids are no secrets")

    @property
    def asked(self) -> list[str]:
        """The calls as `region operation path?query`."""
        return [
            " ".join(
                (
                    call.region,
                    call.operation,
                    call.path + "".join(f"?{key}={value}" for key, value in call.query),
                )
            )
            for call in self.calls
        ]


def login() -> Login:
    """How Own's API token becomes a bearer."""
    found = VENDOR.laws.schemes["api_token"].login
    assert found is not None
    return found
