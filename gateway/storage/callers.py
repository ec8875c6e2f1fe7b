"""Keeps callers' API keys, as digests."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from ..domain.caller import AgencyId, Scope
from ..domain.failures import NotFound
from . import trail
from .connection import Connection
from .database import Part, is_id
from .rows import AnyRow, encoded, strings
from .tables import agencies, caller_key_agencies, caller_keys
from .values import StoredKey


class Callers(Part):
    """`port.Callers` in SQL."""

    async def add_key(self, key: StoredKey, *, actor: str) -> None:
        row = {
            "id": key.id,
            "name": key.name,
            "digest": key.digest,
            "scopes": _scopes(key.scopes),
            "used_scopes": _scopes(key.used_scopes),
            "created_at": key.created_at,
            "revoked_at": key.revoked_at,
            "last_used_at": key.last_used_at,
        }
        ids = sorted(set(key.agencies))
        async with self._database.write(conflict="There is a key of that id.") as connection:
            present = select(agencies.c.id).where(agencies.c.id.in_(filter(is_id, ids)))
            if len((await connection.scalars(present)).all()) < len(ids):
                raise NotFound("There is no such agency.")
            await connection.execute(insert(caller_keys), row)
            if ids:
                pairs = [{"caller_key": key.id, "agency": id} for id in ids]
                await connection.execute(insert(caller_key_agencies), pairs)
            await _audit(connection, "key.add", key.id, key.name, ids, actor, key.created_at)

    async def key(self, id: str) -> StoredKey | None:
        statement = select(caller_keys).where(caller_keys.c.id == id)
        async with self._database.read() as connection:
            return next(iter(await _keys(connection, statement)), None)

    async def keys(self) -> tuple[StoredKey, ...]:
        statement = select(caller_keys).order_by(caller_keys.c.created_at.desc(), caller_keys.c.id)
        async with self._database.read() as connection:
            return tuple(await _keys(connection, statement))

    async def revoke_key(self, id: str, *, actor: str, at: datetime) -> bool:
        this = caller_keys.c.id == id
        async with self._database.write() as connection:
            live = select(caller_keys).where(this, caller_keys.c.revoked_at.is_(None))
            found = list(await _keys(connection, live.with_for_update()))
            for key in found:
                await connection.execute(update(caller_keys).where(this).values(revoked_at=at))
                await _audit(connection, "key.revoke", id, key.name, key.agencies, actor, at)
        return bool(found)

    async def touch_key(self, id: str, scopes: frozenset[Scope], at: datetime) -> None:
        this = caller_keys.c.id == id
        async with self._database.write() as connection:
            known = select(caller_keys).where(this).with_for_update()
            for key in await _keys(connection, known):
                used = {
                    "used_scopes": _scopes(key.used_scopes | scopes),
                    "last_used_at": max(at, key.last_used_at or at),
                }
                await connection.execute(update(caller_keys).where(this).values(used))


def _scopes(scopes: Iterable[Scope]) -> str:
    return encoded(sorted(scope.value for scope in scopes))


async def _audit(
    connection: Connection,
    action: str,
    id: str,
    name: str,
    agencies: Sequence[int],
    actor: str,
    at: datetime,
) -> None:
    """One row in the trail of each agency that the key opens; none of them names another."""
    for agency in agencies or (None,):
        await trail.record(
            connection,
            None if agency is None else AgencyId(agency),
            actor=actor,
            at=at,
            action=action,
            subject=f"key:{id}",
            detail={"name": name},
        )


async def _keys(connection: Connection, statement: Any) -> Sequence[StoredKey]:
    rows: Sequence[AnyRow] = (await connection.execute(statement)).all()
    pairs = select(caller_key_agencies).order_by(caller_key_agencies.c.agency)
    if len(rows) == 1:
        pairs = pairs.where(caller_key_agencies.c.caller_key == rows[0].id)
    held: dict[str, list[AgencyId]] = {}
    for pair in await connection.execute(pairs):
        held.setdefault(pair.caller_key, []).append(AgencyId(pair.agency))
    return [
        StoredKey(
            id=row.id,
            name=row.name,
            digest=row.digest,
            agencies=tuple(held.get(row.id, ())),
            scopes=frozenset(map(Scope, strings(row.scopes))),
            used_scopes=frozenset(map(Scope, strings(row.used_scopes))),
            created_at=row.created_at,
            revoked_at=row.revoked_at,
            last_used_at=row.last_used_at,
        )
        for row in rows
    ]
