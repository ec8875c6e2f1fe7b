"""Seals vendor credentials and opens them again; the only holder of their plain text.

One file, made by `create`, holds a key ring of key encryption keys (256 bit; one is current, the
others open what was sealed before), the pepper of callers' API keys and the key of surrogates. The
last two never rotate: stored digests and surrogates hang on them.

Each credential has a data key of its own. HKDF-SHA-256 makes of it the key that encrypts the value
(AES-256-GCM) and a commitment to it, for GCM alone lets one text open under two keys. The current
key encryption key wraps the data key. An envelope is one fixed layout, each byte authenticated:

    version 1 | key id 8 | record id 16 | commitment 32 | nonce 12, wrapped data key 48
    | nonce 12, encrypted value n + 16

What an envelope is bound to (additional authenticated data): agency, vendor, account name, slot,
holder and its own random record id. (agency, vendor, account name) is the unique natural key of an
account, used in place of the row's id since a credential is sealed before its account has one.
"""

import hmac
import os
import re
from base64 import b32encode
from hashlib import sha256
from itertools import accumulate, pairwise
from pathlib import Path
from typing import NoReturn

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .domain.caller import AgencyId
from .domain.failures import Failure
from .domain.model import SealedCredential
from .domain.secret import Secret
from .domain.vendor import VendorName

# These words are part of every envelope, digest and surrogate ever made: they never change.
_SEAL = b"agency-gateway/vault/1/seal"
_WRAP = b"agency-gateway/vault/1/wrap"
_DATA_KEY = b"agency-gateway/vault/1/data-key"
_SURROGATE = b"agency-gateway/vault/1/surrogate"
_FINGERPRINT = b"agency-gateway/vault/1/fingerprint"
_CACHE_KEY = b"agency-gateway/vault/1/cache-key"

_VERSION = b"\x01"
_NONCE = 12
_TAG = 16
_KEY = 32
_KEY_ID = 8
_RECORD = 16
_SIZES = (len(_VERSION), _KEY_ID, _RECORD, _KEY, _NONCE + _KEY + _TAG)
_SHORTEST = sum(_SIZES) + _NONCE + _TAG
_SURROGATE_BYTES = 20


class VaultFailure(Failure):
    """The vault cannot do its work; the message tells nothing of keys, values or envelopes."""


class KeyRingUnreadable(VaultFailure):
    """The key ring is missing, or is not one that `create` made."""


class UnknownKey(VaultFailure):
    """The envelope was sealed under a key that is not in the key ring."""


class SealBroken(VaultFailure):
    """The envelope was altered, is cut short, or belongs to another credential."""


class _KeyRing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file: keys in base64, the key ring by hexadecimal id."""

    version: int
    current: str
    keys: dict[str, bytes]
    pepper: bytes
    surrogate: bytes

    def __repr__(self) -> str:
        return "_KeyRing(•••)"


class _Envelope(msgspec.Struct, frozen=True):
    """The parts of an envelope, in order."""

    version: bytes
    kek: bytes
    record: bytes
    commitment: bytes
    wrapped: bytes
    sealed: bytes

    def wrap_binding(self) -> bytes:
        return _canonical(_WRAP, self.version, self.kek, self.record, self.commitment)

    def binding(self, identity: tuple[bytes, ...]) -> bytes:
        return _canonical(_SEAL, self.version, self.record, *identity)

    def __bytes__(self) -> bytes:
        return b"".join(msgspec.structs.astuple(self))


class Vault:
    """The key ring in use. `seal` and `open` are pure computation: no I/O, some microseconds."""

    __slots__ = ("_cache_key", "_current", "_fingerprint", "_keks", "_pepper", "_surrogate")

    def __init__(self, ring: _KeyRing) -> None:
        self._current = bytes.fromhex(ring.current)
        self._keks = {bytes.fromhex(id): AESGCM(key) for id, key in ring.keys.items()}
        self._pepper = ring.pepper
        self._surrogate = _derive(ring.surrogate, _SURROGATE)
        self._cache_key = _derive(ring.surrogate, _CACHE_KEY)
        self._fingerprint = _derive(ring.surrogate, _FINGERPRINT)

    @classmethod
    def load(cls, source: str) -> "Vault":
        """The vault of `file:/path`, of a bare path, or of `env:NAME` (the file's JSON itself).

        Raises `KeyRingUnreadable`, which names the source and nothing in it.
        """
        return cls(_read(source))

    def seal(
        self,
        secret: Secret,
        *,
        agency: AgencyId,
        vendor: VendorName,
        account_name: str,
        slot: str,
        holder: str,
    ) -> bytes:
        """An envelope that opens only as the credential so named."""
        record, data_key = os.urandom(_RECORD), AESGCM.generate_key(_KEY * 8)
        key, commitment = _split(data_key, record)
        envelope = _Envelope(_VERSION, self._current, record, commitment, b"", b"")
        envelope = self._wrap(envelope, data_key)
        binding = envelope.binding(_identity(agency, vendor, account_name, slot, holder))
        value = secret.reveal().encode("utf-8", "surrogatepass")
        return bytes(
            msgspec.structs.replace(envelope, sealed=_encrypt(AESGCM(key), value, binding))
        )

    def open(self, credential: SealedCredential) -> Secret:
        """The credential's plain text; raises `UnknownKey` or `SealBroken`."""
        held = credential
        try:
            envelope = _parse(held.envelope)
            key, _ = _split(self._unwrap(envelope), envelope.record)
            identity = _identity(
                held.agency, held.vendor, held.account_name, held.slot, held.holder
            )
            value = _decrypt(AESGCM(key), envelope.sealed, envelope.binding(identity))
        except VaultFailure as failure:
            failure.vendor, failure.account = held.vendor, held.account
            raise
        return Secret(value.decode("utf-8", "surrogatepass"))

    def rewrap(self, envelope: bytes) -> bytes:
        """The same sealed value under the current key; the envelope itself when it is already.

        Once all are rewrapped, older keys may be deleted from the file.
        """
        parts = _parse(envelope)
        data_key = self._unwrap(parts)
        if parts.kek == self._current:
            return envelope
        return bytes(self._wrap(msgspec.structs.replace(parts, kek=self._current), data_key))

    def surrogate(self, agency: AgencyId, vendor: VendorName, account_name: str, value: str) -> str:
        """A keyed stand-in of 32 letters and digits for an id that is itself a secret.

        The same for the same value in the same account, unrelated elsewhere. The account goes by
        its natural key, since a surrogate is needed before the account has a row (`ToldToken`).
        """
        text = _canonical(*_identity(agency, vendor, account_name, value))
        digest = hmac.digest(self._surrogate, text, sha256)[:_SURROGATE_BYTES]
        return b32encode(digest).decode().lower()

    def digest_api_key(self, key: Secret) -> bytes:
        """What storage keeps of a caller's API key; 256 random bits need no slow hash."""
        return hmac.digest(self._pepper, key.reveal().encode("utf-8", "surrogatepass"), sha256)

    def cache_key_secret(self) -> bytes:
        """The key under which cache keys are made, so that they tell nothing of the arguments."""
        return self._cache_key

    def fingerprint(self, data: bytes) -> str:
        """A keyed digest by which one input is told from another, secrets included."""
        return hmac.digest(self._fingerprint, data, sha256).hex()

    def _wrap(self, envelope: _Envelope, data_key: bytes) -> _Envelope:
        wrapped = _encrypt(self._keks[envelope.kek], data_key, envelope.wrap_binding())
        return msgspec.structs.replace(envelope, wrapped=wrapped)

    def _unwrap(self, envelope: _Envelope) -> bytes:
        """The data key, once it matches the commitment."""
        kek = self._keks.get(envelope.kek)
        if kek is None:
            raise UnknownKey("A credential was sealed under a key that the key ring does not hold.")
        data_key = _decrypt(kek, envelope.wrapped, envelope.wrap_binding())
        if not hmac.compare_digest(_split(data_key, envelope.record)[1], envelope.commitment):
            raise _broken()
        return data_key

    def __repr__(self) -> str:
        return "Vault(•••)"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a vault cannot be pickled or copied")


# ── The file ──────────────────────────────────────────────────────────────────────────────────


def create(path: Path) -> None:
    """A new vault file that only its owner can read; raises FileExistsError if there is one."""
    id, key = _new_key()
    ring = _KeyRing(1, id, {id: key}, pepper=os.urandom(_KEY), surrogate=os.urandom(_KEY))
    _write(path, ring)


def add_key(path: Path) -> str:
    """Put a new current key into the file, keep the older ones, and answer the new key's id."""
    path = path.resolve()
    ring = _read(f"file:{path}")
    id, key = _new_key()
    beside = path.with_name(f".{path.name}.{id}")
    _write(beside, msgspec.structs.replace(ring, current=id, keys={**ring.keys, id: key}))
    beside.replace(path)
    return id


def _new_key() -> tuple[str, bytes]:
    return os.urandom(_KEY_ID).hex(), AESGCM.generate_key(_KEY * 8)


def _write(path: Path, ring: _KeyRing) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(ring), indent=2) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _read(source: str) -> _KeyRing:
    kind, _, name = source.partition(":")
    try:
        if kind == "env":
            text = os.environ[name].encode("utf-8", "surrogateescape")
        else:
            text = Path(name if kind == "file" else source).read_bytes()
    except KeyError:
        raise KeyRingUnreadable(f"The vault's keys are not in {source}: it is not set.") from None
    except OSError as error:
        reason = error.strerror
        raise KeyRingUnreadable(f"The vault's keys at {source} cannot be read: {reason}.") from None
    try:
        ring = msgspec.json.decode(text, type=_KeyRing)
    except ValueError:
        ring = None
    if ring is None or not _is_whole(ring):
        raise KeyRingUnreadable(f"What {source} holds is not what `gateway vault init` makes.")
    return ring


def _is_whole(ring: _KeyRing) -> bool:
    return (
        ring.version == 1
        and ring.current in ring.keys
        and all(re.fullmatch("[0-9a-f]{16}", id) for id in ring.keys)
        and all(len(key) == _KEY for key in (*ring.keys.values(), ring.pepper, ring.surrogate))
    )


# ── Bytes ─────────────────────────────────────────────────────────────────────────────────────


def _identity(agency: AgencyId, vendor: VendorName, *rest: str) -> tuple[bytes, ...]:
    words = (str(agency), vendor.value, *rest)
    return tuple(word.encode("utf-8", "surrogatepass") for word in words)


def _canonical(*parts: bytes) -> bytes:
    """Parts with their lengths, so that no two sequences of parts give the same bytes."""
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)


def _parse(envelope: bytes) -> _Envelope:
    if len(envelope) < _SHORTEST or envelope[:1] != _VERSION:
        raise _broken()
    bounds = [0, *accumulate(_SIZES), len(envelope)]
    return _Envelope(*(envelope[start:end] for start, end in pairwise(bounds)))


def _encrypt(key: AESGCM, value: bytes, binding: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + key.encrypt(nonce, value, binding)


def _decrypt(key: AESGCM, sealed: bytes, binding: bytes) -> bytes:
    try:
        return key.decrypt(sealed[:_NONCE], sealed[_NONCE:], binding)
    except InvalidTag:
        raise _broken() from None


def _derive(key: bytes, context: bytes, salt: bytes = b"", length: int = _KEY) -> bytes:
    return HKDF(SHA256(), length=length, salt=salt, info=context).derive(key)


def _split(data_key: bytes, record: bytes) -> tuple[bytes, bytes]:
    """The encryption key and the commitment that a data key stands for."""
    both = _derive(data_key, _DATA_KEY, salt=record, length=2 * _KEY)
    return both[:_KEY], both[_KEY:]


def _broken() -> SealBroken:
    return SealBroken("A credential's seal does not open: it was altered or belongs elsewhere.")
