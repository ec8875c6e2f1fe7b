"""Callers' API keys."""

from datetime import datetime
from typing import Any

import pytest

from gateway.domain.caller import AgencyId, Scope
from gateway.domain.failures import Conflict, NotFound
from gateway.storage.values import StoredKey


def stored(id: str, at: datetime, *agencies: AgencyId, **rest: Any) -> StoredKey:
    scopes = frozenset({Scope.CLIENTS_READ, Scope.LINKS_WRITE})
    common = {"name": f"Key {id}", "digest": b"\0digest", "used_scopes": frozenset()} | rest
    return StoredKey(id=id, agencies=agencies, scopes=scopes, created_at=at, **common)


async def test_a_key_comes_back_as_it_was_stored(harbour: Any, meadow: Any, later: Any) -> None:
    storage = harbour.storage
    old = stored("k1", later(0), harbour.agency, meadow.agency)
    new = stored("k2", later(1), meadow.agency)
    none = stored("k0", later(2))
    for key in (old, new, none):
        await storage.add_key(key, actor="ops")

    assert await storage.key("k1") == old
    assert await storage.key("K1") is None
    assert await storage.keys() == (none, new, old)
    with pytest.raises(Conflict):
        await storage.add_key(stored("k1", later(3)), actor="ops")


async def test_a_key_for_an_agency_that_is_not_there_is_not_stored(
    harbour: Any, noon: datetime
) -> None:
    for agency in (0, 10**6, 2**70):
        with pytest.raises(NotFound):
            await harbour.storage.add_key(
                stored("k", noon, harbour.agency, AgencyId(agency)), actor="ops"
            )
    assert await harbour.storage.keys() == ()


async def test_a_key_is_revoked_once(harbour: Any, later: Any) -> None:
    storage = harbour.storage
    await storage.add_key(stored("k", later(0), harbour.agency), actor="ops")

    assert await storage.revoke_key("k", actor="ops", at=later(1))
    assert not await storage.revoke_key("k", actor="ops", at=later(2))
    assert not await storage.revoke_key("other", actor="ops", at=later(2))
    assert (await storage.key("k")).revoked_at == later(1)


async def test_use_of_a_key_is_remembered(harbour: Any, later: Any) -> None:
    storage = harbour.storage
    await storage.add_key(stored("k", later(0), harbour.agency), actor="ops")
    await storage.touch_key("k", frozenset({Scope.CLIENTS_READ}), later(5))
    await storage.touch_key("k", frozenset({Scope.LINKS_READ}), later(3))
    await storage.touch_key("other", frozenset(), later(3))

    key = await storage.key("k")
    assert key.last_used_at == later(5)
    assert key.used_scopes == {Scope.CLIENTS_READ, Scope.LINKS_READ}


async def test_each_agency_of_a_key_has_it_in_its_own_trail(
    harbour: Any, meadow: Any, later: Any
) -> None:
    storage = harbour.storage
    await storage.add_key(stored("k", later(0), harbour.agency, meadow.agency), actor="ops")
    await storage.revoke_key("k", actor="ann", at=later(1))

    for tenant in (harbour, meadow):
        revoked, added = await storage.audit(tenant.agency, 2)
        assert (added.action, added.actor, added.subject) == ("key.add", "ops", "key:k")
        assert (revoked.action, revoked.actor, revoked.at) == ("key.revoke", "ann", later(1))
        assert added.detail == {"name": "Key k"}
    assert len(await storage.audit(None, 4)) == 4
