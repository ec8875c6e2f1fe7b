"""The order of the policies and why: the only place where it is written.

A call goes down this list and its reply comes up again. Each policy may do only what its own file
says; the reasons here are for its place.
"""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import SystemRandom

from ..domain.caller import AgencyId
from ..domain.clock import Clock
from ..domain.vendor import VendorName
from .authorize import Authorize
from .breaker import Breaker, HostState
from .cache import Cache
from .classify import Classify
from .coalesce import Coalesce, Flights
from .deadline import CutAtDeadline
from .exchange import Policy, Proceed, compose
from .journal import Journaled
from .keys import Keys
from .limit import Limit
from .observe import Observe
from .retry import Retry
from .store import MemoryStore, Store
from .stream import Streamed
from .transport import Opener, open_transport

_CHANCE = SystemRandom().random


@dataclass(frozen=True, slots=True)
class Stack:
    """The stack, shared by all requests of this process.

    `order` names its policies, outermost first. `send` answers a bound call or raises a `Failure`.
    `states` tells which hosts are well, without asking them. `forget` makes the cache forget all
    that an account has said. `close` ends what is under way.
    """

    order: tuple[str, ...]
    send: Proceed
    states: Callable[[], tuple[HostState, ...]]
    forget: Callable[[AgencyId, int], Awaitable[None]]
    close: Callable[[], Awaitable[None]]


def build(
    transport: Proceed,
    *,
    clock: Clock,
    secret: bytes,
    store: Store | None = None,
    roll: Callable[[], float] = _CHANCE,
    without: Collection[str] = (),
) -> Stack:
    """The policies around a transport.

    `secret` keys the cache (the vault's surrogate key). `roll` gives chance, in [0, 1). `without`
    names policies to leave out: tests show that each of them is needed.
    """
    store = store or MemoryStore(clock)
    keys, flights, breaker = Keys(secret), Flights(clock), Breaker(clock, roll)
    policies: dict[str, Policy] = {
        # Sees cache hits and waits, not just sockets.
        "observe": Observe(clock),
        # Nothing below may outlive the caller.
        "deadline": CutAtDeadline(clock),
        # A hit costs no queue and no quota. Around retry and breaker, to answer in their place.
        "cache": Cache(clock, store, keys),
        # Only one miss goes on. Inside the cache, so that who comes later finds the filled entry.
        "coalesce": Coalesce(flights, store, keys),
        # Each repeat passes the rest again: an open breaker or a full quota stops the storm.
        "retry": Retry(clock, roll),
        # Logins and re-sends pass all that is below, so none escapes the quota. Reacts to kinds of
        # failure, never to a status: hence classify is inside.
        "authorize": Authorize(clock, flights),
        # Per attempt. Around limit: waiting for a quota is no failure of the vendor.
        "breaker": breaker,
        # Counts exactly what goes to the socket.
        "limit": Limit(clock),
        # Around classify: its reader gets a judged head. Inside limit: it occupies the vendor.
        "stream": Streamed(),
        # Whatever comes from below becomes a value or a failure exactly once.
        "classify": Classify(),
        # Durable before the first byte, and again before the answer is judged.
        "journal": Journaled(),
    }
    if unknown := set(without) - policies.keys():
        raise ValueError(f"no policy is called {', '.join(sorted(unknown))}")
    kept = {name: policy for name, policy in policies.items() if name not in without}
    return Stack(
        order=(*kept, "transport"),
        send=compose(tuple(kept.values()), transport),
        states=breaker.states,
        forget=store.forget,
        close=flights.close,
    )


@asynccontextmanager
async def open_stack(
    *,
    clock: Clock,
    opener: Opener,
    secret: bytes,
    store: Store | None = None,
    insecure_hosts: Collection[str] = (),
    trust: Mapping[VendorName, ssl.SSLContext] | None = None,
) -> AsyncIterator[Stack]:
    """The whole stack with its socket, as the runtime opens it; all flights end with it.

    `opener` opens a sealed credential (the vault). `insecure_hosts` may be plain http and private:
    `transport.LOOPBACK` in development and demo, else what the configuration names. `trust` gives
    a vendor certificate authorities of its own.
    """
    async with open_transport(clock, opener, insecure_hosts, trust) as transport:
        stack = build(transport, clock=clock, secret=secret, store=store)
        try:
            yield stack
        finally:
            await stack.close()
