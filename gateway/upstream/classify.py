"""Turns bad replies into failures, by the vendor's own law."""

from ..domain.failures import Failure, Malformed, Throttled, Unavailable
from . import signals
from .exchange import Call, Proceed, Reply
from .subject import named

_HTML = (b"<!doctype html", b"<html")


def common(reply: Reply) -> Failure | None:
    """What a reply means at any vendor: a redirect and a web page are no answers of an API.

    A redirect is never followed: the key would go wherever the vendor, or whoever speaks in its
    place, says (measured: aiohttp sends `X-Auth` on to other hosts). A page is a log-in, a captcha
    or a proxy's notice, whatever status it has; from 500 on, and at 429, the status says enough.
    """
    if 300 <= reply.status < 400:
        return Malformed(f"The vendor answered with a redirect ({reply.status}), not followed.")
    page = reply.body[:256].lstrip().lower().startswith(_HTML)
    if page and reply.status < 500 and reply.status != 429:
        return Malformed("The vendor answered with a web page.")
    return None


def judge(call: Call, reply: Reply) -> Failure | None:
    """The failure that a reply means, None when it is good."""
    try:
        failure = common(reply) or call.bound.laws.classify(call, reply)
        if failure is None:
            _read(call, reply)
            return None
    except Failure as unreadable:
        failure = unreadable
    if failure.retry_after is None and isinstance(failure, Throttled | Unavailable):
        failure.retry_after = signals.pause(reply)
    if failure.sent is None:
        failure.sent = True
    return failure


def judged(call: Call, reply: Reply) -> Reply:
    """The reply, when it is good; raises the failure that it means, named.

    All that a reply means follows from it and its call: recovery judges a write's answer, kept by
    the journal, by this.
    """
    failure = judge(call, reply)
    if failure is not None:
        raise named(failure, call)
    return reply


def _read(call: Call, reply: Reply) -> None:
    """Try the adapter's mapping on the reply: raises the failure of one that cannot be read."""
    read = call.bound.laws.reads.get(call.operation)
    if read is not None:
        read(reply)


class Classify:
    """Makes each reply a value or a failure exactly once, and says whose failure it is."""

    async def __call__(self, call: Call, proceed: Proceed) -> Reply:
        try:
            reply = await proceed(call)
        except Failure as failure:
            named(failure, call)
            raise
        return judged(call, reply)
