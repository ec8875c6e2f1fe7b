"""A vendor's answer is kept as it came, whatever is in it."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.directory.changes.answers import Answers
from gateway.domain.model import VendorAccount
from gateway.domain.secret import Secret
from gateway.domain.vendor import VendorName
from gateway.upstream.exchange import Reply

ACCOUNT = VendorAccount(
    id=1,
    agency=1,
    vendor=VendorName.AGENCYACCESS,
    name="one",
)
AT = datetime(2026, 11, 21, tzinfo=UTC)


def plain() -> Answers:
    """Answers that are not sealed."""

    def seal(secret: Secret, **_: Any) -> bytes:
        return secret.reveal().encode()

    return Answers(seal, lambda envelope: Secret(envelope.envelope.decode()))


@given(st.binary(), st.integers(100, 599), st.binary(max_size=20))
def test_what_came_is_read_again(body: bytes, status: int, raw: bytes) -> None:
    # aiohttp hands over bytes that are no UTF-8 as half surrogates.
    header = raw.decode("utf-8", "surrogateescape")
    reply = Reply(status, body, (("X-Odd", header), ("Retry-After", "7")), at=AT)
    again = plain().read(ACCOUNT, 7, plain().keep(ACCOUNT, 7, reply))
    assert (again.status, again.body, again.at) == (status, body, AT)
    assert again.header("retry-after") == "7"
