"""Names the credential that signs a call, and keeps the sessions that credentials open."""

from collections.abc import Awaitable
from dataclasses import dataclass, replace

from ..domain.clock import Clock
from ..domain.events import CapabilityLearned, CredentialRejected, SessionRenewed
from ..domain.failures import CapabilityMissing, CredentialRefused, NotFound, SessionExpired
from ..domain.model import SealedCredential
from ..domain.secret import Secret
from .coalesce import Flights
from .exchange import Auth, Call, Proceed, Reply
from .keys import CredentialKey, credential_key
from .laws import Login, Session
from .subject import named, subject

RETRY_REFUSED = 60.0
"""Seconds between two tries with a credential that the vendor refused."""

_MARGIN = 30.0
_MARGIN_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Standing:
    """What this process knows of a credential: whether the vendor refuses it, and the last try."""

    refused: bool
    tried_at: float | None = None

    def may_try(self, now: float) -> bool:
        """Good ones always; a refused one once a minute, so that it can be found good again."""
        return not self.refused or self.tried_at is None or now - self.tried_at >= RETRY_REFUSED


@dataclass(frozen=True, slots=True)
class Held:
    """A session of this process; `until` is in `Clock.monotonic` seconds."""

    token: Secret
    until: float
    span: float
    sliding: bool


def begin(session: Session, asked_at: float) -> Held:
    """A session from when its login was asked for; a margin for travel ends it early."""
    span = session.seconds - min(_MARGIN, session.seconds * _MARGIN_SHARE)
    return Held(session.token, asked_at + span, span, session.sliding)


def used(held: Held, at: float) -> Held:
    """The session after a good call that was sent at that moment."""
    return replace(held, until=max(held.until, at + held.span)) if held.sliding else held


class Authorize:
    """Sets `Call.auth`: the credential itself, or the session that it opens.

    A session is opened in one flight for all who wait for it. One that the vendor ended is dropped
    and opened anew once, and the call sent once more; refused again, it is `CredentialRefused`. A
    credential that the vendor refused is tried once a minute. Sessions never leave this process.
    """

    def __init__(self, clock: Clock, flights: Flights) -> None:
        self._clock = clock
        self._flights = flights
        self._sessions: dict[tuple[int, int, str, str], tuple[CredentialKey, Held]] = {}
        self._standings: dict[CredentialKey, Standing] = {}

    async def __call__(self, call: Call, proceed: Proceed) -> Reply:
        if not call.slot:
            return await proceed(call)
        credential = self._credential(call)
        self._admit(call, credential)
        scheme = call.bound.laws.schemes[call.slot]
        if scheme.login is None:
            auth = Auth(call.placement or scheme.placement, credential)
            return await self._judged(call, credential, proceed(replace(call, auth=auth)))
        return await self._in_session(call, credential, scheme.login, proceed)

    @staticmethod
    def _credential(call: Call) -> SealedCredential:
        account = call.bound.account
        held = account.credential(call.slot, call.holder)
        if held is None:
            words = call.slot.replace("_", " ")
            whose = " for this client" if call.holder else ""
            message = f"The account {account.name} holds no {words}{whose}, which this needs."
            raise named(CapabilityMissing(message, sent=False), call)
        return held

    # ── What the vendor thinks of the credential ──────────────────────────────────────────────

    def _admit(self, call: Call, credential: SealedCredential) -> None:
        key, now = credential_key(call), self._clock.monotonic()
        standing = self._standings.get(key) or Standing(credential.refused)
        if not standing.may_try(now):
            raise self._refusal(call)
        if standing.refused:
            self._standings[key] = replace(standing, tried_at=now)

    async def _judged(
        self, call: Call, credential: SealedCredential, answer: Awaitable[Reply]
    ) -> Reply:
        """The answer, and from it the credential's standing."""
        key = credential_key(call)
        try:
            reply = await answer
        except SessionExpired:
            raise
        except (NotFound, CapabilityMissing) as refusal:
            self._standings[key] = Standing(refused=False)  # said to a credential that it knows
            if refusal.sent is not False:
                _tell_capability(call, credential, granted=isinstance(refusal, NotFound))
            raise
        except CredentialRefused as refusal:
            # Refused unsent: another call of this credential was refused meanwhile, and told of it.
            if refusal.sent is not False:
                self._standings[key] = Standing(refused=True, tried_at=self._clock.monotonic())
                call.bound.observe(CredentialRejected(**subject(call), credential=credential.id))
            raise
        self._standings[key] = Standing(refused=False)
        _tell_capability(call, credential, granted=True)
        return reply

    @staticmethod
    def _refusal(call: Call, sent: bool = False) -> CredentialRefused:
        name, words = call.bound.account.name, call.slot.replace("_", " ")
        message = f"The vendor refuses the {words} of the account {name}."
        return named(CredentialRefused(message, sent=sent), call)

    # ── Sessions ──────────────────────────────────────────────────────────────────────────────

    async def _in_session(
        self, call: Call, credential: SealedCredential, login: Login, proceed: Proceed
    ) -> Reply:
        for _ in range(2):
            held = await self._session(call, credential, login, proceed)
            sent_at = self._clock.monotonic()
            signed = replace(
                call, auth=Auth(call.bound.laws.schemes[call.slot].placement, held.token)
            )
            try:
                reply = await self._judged(call, credential, proceed(signed))
            except SessionExpired:
                self._drop(call, held)
            else:
                self._slide(call, held, sent_at)
                return reply
        raise self._refusal(call, sent=True)

    async def _session(
        self, call: Call, credential: SealedCredential, login: Login, proceed: Proceed
    ) -> Held:
        key = credential_key(call)
        held = self._held(call)
        if held is not None and held.until > self._clock.monotonic():
            return held
        return await self._flights.fly(
            ("login", *key),
            call,
            lambda: self._log_in(call, credential, login, proceed),
        )

    async def _log_in(
        self, call: Call, credential: SealedCredential, login: Login, proceed: Proceed
    ) -> Held:
        origin = call.bound
        asked_at = self._clock.monotonic()
        question = replace(
            login.call(origin.account),
            slot=call.slot,
            holder=call.holder,
            origin=origin,
            auth=Auth(login.placement, credential),
        )
        try:
            reply = await self._judged(call, credential, proceed(question))
        except SessionExpired:
            # A login that is told that its session ended: the credential opens none.
            raise self._refusal(call, sent=True) from None
        held = begin(login.session(reply), asked_at)
        self._sessions[_place(call)] = (credential_key(call), held)
        origin.observe(SessionRenewed(**subject(question)))
        return held

    def _held(self, call: Call) -> Held | None:
        """The session of exactly this credential; one of an older generation does not count."""
        key, held = self._sessions.get(_place(call), (None, None))
        return held if key == credential_key(call) else None

    def _slide(self, call: Call, held: Held, sent_at: float) -> None:
        current = self._held(call)
        if current is not None and current.token is held.token:
            self._sessions[_place(call)] = (credential_key(call), used(current, sent_at))

    def _drop(self, call: Call, held: Held) -> None:
        """Drop exactly this session: whoever is told late must not drop the one opened since."""
        current = self._held(call)
        if current is not None and current.token is held.token:
            del self._sessions[_place(call)]


def _tell_capability(call: Call, credential: SealedCredential, *, granted: bool) -> None:
    """What the vendor's answer shows of what the credential may do."""
    name = call.bound.laws.capabilities.get(call.operation)
    if name is not None:
        call.bound.observe(
            CapabilityLearned(**subject(call), credential=credential.id, name=name, granted=granted)
        )


def _place(call: Call) -> tuple[int, int, str, str]:
    account = call.bound.account
    return (account.agency, account.id, call.slot, call.holder)
