"""How each fault is carried out: instead of the true answer, or upon it.

With effect none a fault that must spoil some body (reset after bytes, drip, truncate) takes the
true answer of a GET, which changes nothing, and a filler for all else.
"""

import json
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

from .faults import (
    AnyFault,
    Bomb,
    Drip,
    Hang,
    Headers,
    Html,
    Latency,
    Malformed,
    Redirect,
    Reset,
    Status,
    Truncate,
)
from .visit import Answer, RawHeaders, Visit

Ask = Callable[[], Awaitable[Answer]]
"""Has the double do what is asked for, and answers what it says."""

_FILLER = b'{"filler": "' + b"." * 4096 + b'"}'
_LOGIN_PAGE = b"<!doctype html><title>Sign in</title><form><input name=user></form>"


async def spoil(fault: AnyFault, visit: Visit, ask: Ask) -> None:
    """Answer the visit as the fault wants it."""
    match fault:
        case Latency() | Headers():
            await _alter(fault, visit, ask)
        case Reset(after_bytes=0) | Hang():
            if fault.effect == "before":
                await ask()
            if isinstance(fault, Reset) or await visit.pause(fault.seconds):
                await visit.reset()
        case Reset() | Truncate() | Drip():
            await _cut(fault, visit, await _true_or_filler(fault, visit, ask))
        case _:
            if fault.effect == "before":
                await ask()
            await _replace(fault, visit)


async def _alter(fault: Latency | Headers, visit: Visit, ask: Ask) -> None:
    """The true answer, late or with other headers."""
    if isinstance(fault, Headers):
        answer = await ask()
        await visit.deliver(Answer(answer.status, _set(answer.headers, fault), answer.body))
    elif fault.effect == "before":
        answer = await ask()
        if await visit.pause(fault.ms / 1000):
            await visit.deliver(answer)
    elif await visit.pause(fault.ms / 1000):
        await visit.deliver(await ask())


async def _cut(fault: Reset | Truncate | Drip, visit: Visit, answer: Answer) -> None:
    """An answer of which a part goes out, or all of it slowly."""
    match fault:
        case Reset(after_bytes=size):
            await visit.begin(answer, max(len(answer.body), size + 1))
            await visit.push(answer.body[:size])
            await visit.reset()
        case Truncate(bytes=size):
            await visit.begin(answer, max(len(answer.body), size + 1))
            await visit.push(answer.body[:size])
            await visit.close()
        case Drip(bytes_per_second=pace):
            await _drip(visit, answer, pace)


async def _drip(visit: Visit, answer: Answer, pace: float) -> None:
    size = max(1, int(pace / 10))
    await visit.begin(answer, len(answer.body))
    for at in range(0, len(answer.body), size):
        if not await visit.pause(size / pace):
            return
        await visit.push(answer.body[at : at + size])
    await visit.push(b"", last=True)


async def _replace(fault: AnyFault, visit: Visit) -> None:
    """An answer in the place of the true one."""
    kind = visit.headers.get("content-type", "application/json")
    match fault:
        case Status(code=code, headers=headers, body=body):
            await visit.deliver(_status(code, headers, body))
        case Malformed():
            await visit.deliver(Answer.of(200, kind, b'{"<error>": \xff</'))
        case Html():
            await visit.deliver(Answer.of(200, "text/html; charset=utf-8", _LOGIN_PAGE))
        case Redirect(location=location):
            await visit.deliver(Answer.of(302, "text/plain", b"", {"location": location}))
        case Bomb(encoding=encoding, bytes=size):
            await visit.begin(Answer.of(200, kind, b"", {"content-encoding": encoding}), None)
            async for part in _bomb(encoding, size):
                await visit.push(part)
            await visit.push(b"", last=True)


def _status(code: int, headers: dict[str, str], body: object) -> Answer:
    if isinstance(body, str):
        kind = "text/html" if body.lstrip().startswith("<!") else "text/plain"
        raw = body.encode()
    else:
        kind, raw = "application/json", json.dumps(body).encode()
    lower = {name.lower(): value for name, value in headers.items()}
    return Answer.of(code, kind, raw, lower)


def _set(headers: RawHeaders, fault: Headers) -> RawHeaders:
    values = {name.lower().encode(): value for name, value in fault.values.items()}
    kept = [pair for pair in headers if pair[0].lower() not in values]
    for name, value in values.items():
        many = [value] if isinstance(value, str) else value or []
        kept.extend((name, one.encode()) for one in many)
    return tuple(kept)


async def _true_or_filler(fault: AnyFault, visit: Visit, ask: Ask) -> Answer:
    if fault.effect == "before" or visit.scope["method"] == "GET":
        return await ask()
    return Answer.of(200, visit.headers.get("content-type", "application/json"), _FILLER)


_BLOCK = 1 << 17


async def _bomb(encoding: str, size: int) -> AsyncIterator[bytes]:
    """`size` zeros in the encoding, made as they go out: nothing of it is ever held."""
    match encoding:
        case "gzip":
            packed = _zlib(size, 31)
        case "deflate":
            packed = _zlib(size, 15)
        case "zstd":
            packed = _zstd(size)
        case _:
            packed = (bytes(part) for part in _blocks(size))
    for part in packed:
        if part:
            yield part


def _blocks(size: int) -> Iterator[int]:
    """Lengths of at most a block that add up to `size`."""
    for at in range(0, size, _BLOCK):
        yield min(_BLOCK, size - at)


def _zlib(size: int, window_bits: int) -> Iterator[bytes]:
    packer = zlib.compressobj(9, zlib.DEFLATED, window_bits)
    for length in _blocks(size):
        yield packer.compress(bytes(length))
    yield packer.flush()


def _zstd(size: int) -> Iterator[bytes]:
    """A frame of run-length blocks, four bytes for 128 KiB each (RFC 8878, section 3.1.1)."""
    yield b"\x28\xb5\x2f\xfd" + b"\x00" + b"\x38"  # magic, no content size, a window of 128 KiB
    left = size
    for length in _blocks(size):
        left -= length
        header = length << 3 | 1 << 1 | (left == 0)
        yield header.to_bytes(3, "little") + b"\x00"
