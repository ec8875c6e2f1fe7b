"""Writes that ended after their answer came: judged by it, and not sent again."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.contract import Operations
from gateway.domain.changes import (
    BrontoPatch,
    ClientPatch,
    ClientUpdate,
    NewClient,
    NewToken,
    TokenRevocation,
    TokenUpdate,
)
from gateway.domain.details import BrontoAllocations
from gateway.domain.failures import Conflict, Failure, NotFound
from gateway.domain.model import ClientStatus, ClientValues

from .conftest import Bench, surrogate

MARK = "gw-intent-7"
NEEDED = BrontoPatch(
    allocations=BrontoAllocations(can_exceed=True, emails=1, contacts=1, hosting=1)
)
WRITES = {
    "addAccounts",
    "updateAccounts",
    "addApiTokens",
    "updateApiTokens",
    "deleteApiTokens",
}

Send = Callable[[Bench, Operations], Any]


def _create(bench: Bench, operations: Operations) -> Any:
    assert operations.create_client is not None
    return operations.create_client.send(NewClient(name="Lakes", bronto=NEEDED), MARK)


def _switch_off(bench: Bench, operations: Operations) -> Any:
    assert operations.update_client is not None
    current = ClientValues(name="Rivers SL", status=ClientStatus.ACTIVE)
    patch = ClientPatch(active=False)
    change = ClientUpdate(vendor_id=bench.ids()[0], current=current, patch=patch)
    return operations.update_client.send(change, MARK)


def _issue(bench: Bench, operations: Operations) -> Any:
    assert operations.issue_token is not None
    new = NewToken(client_vendor_id=bench.ids()[0], name="sync", permissions=("READ",))
    return operations.issue_token.send(new, MARK)


def _change_token(bench: Bench, operations: Operations) -> Any:
    assert operations.update_token is not None
    key = surrogate(bench.tokens()["client_tokens"][bench.ids()[0]])
    update = TokenUpdate(client_vendor_id=bench.ids()[0], key=key, name="n", active=False)
    return operations.update_token.send(update, MARK)


@pytest.mark.parametrize("send", [_create, _switch_off, _issue, _change_token])
async def test_a_write_is_told_again_by_its_answer_although_it_has_changed_what_is_read(
    bench: Bench, send: Send
) -> None:
    made = await send(bench, bench.connect())
    await bench.change(lambda state: None)
    again = await send(bench, bench.connect(answer=bench.journal.replies[0]))
    assert again == made
    assert not WRITES & (await bench.calls()).keys()


async def test_a_refusal_is_told_again_by_its_answer(bench: Bench) -> None:
    async def taken(operations: Operations) -> None:
        assert operations.create_client is not None
        await operations.create_client.send(NewClient(name="Rivers SL", bronto=NEEDED), MARK)

    with pytest.raises(Conflict) as told:
        await taken(bench.connect())
    with pytest.raises(Conflict) as again:
        await taken(bench.connect(answer=bench.journal.replies[0]))
    assert again.value.message == told.value.message
    assert (await bench.calls())["addAccounts"] == 1


async def test_a_revocation_cannot_be_sent_again_for_its_token_is_gone_but_it_is_found(
    bench: Bench,
) -> None:
    token = bench.tokens()["client_tokens"][bench.ids()[0]]
    asked = TokenRevocation(client_vendor_id=bench.ids()[0], key=surrogate(token))
    write = bench.connect().revoke_token
    assert write is not None
    assert write.find is not None
    made = await write.send(asked, MARK)
    again = bench.connect(answer=bench.journal.replies[0]).revoke_token
    assert again is not None
    with pytest.raises(NotFound):
        await again.send(asked, MARK)
    assert await write.find(asked, MARK) == made


async def test_a_vendor_that_is_down_while_an_answer_is_judged_is_a_failure_to_ask_again(
    bench: Bench,
) -> None:
    made = await _switch_off(bench, bench.connect())
    await bench.change(lambda state: state["failing"].update(readAccounts=108))
    with pytest.raises(Failure) as told:
        await _switch_off(bench, bench.connect(answer=bench.journal.replies[0]))
    assert told.value.retryable
    await bench.change(lambda state: state["failing"].clear())
    assert await _switch_off(bench, bench.connect(answer=bench.journal.replies[0])) == made
