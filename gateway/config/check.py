"""What no single key shows: whether keys agree, and which addresses vendors may be called at."""

import string
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from ..domain.vendor import VendorName
from .settings import Profile, Settings, VendorSection


def objections(settings: Settings) -> Iterator[tuple[str, str]]:
    """What is wrong, as keys and reasons."""
    deadline = settings.deadline
    if deadline.default <= 0:
        yield "deadline.default", "Expected more than no time"
    if deadline.maximum < deadline.default:
        yield "deadline.maximum", "Expected at least deadline.default"
    if settings.writes.patience <= 0:
        yield "writes.patience", "Expected more than no time"
    if settings.writes.lease <= settings.writes.patience:
        yield "writes.lease", "Expected more than writes.patience"
    if settings.vendors.insecure_hosts and settings.http.profile is Profile.PRODUCTION:
        yield "vendors.insecure_hosts", "Plain http is for the development profile only"
    for vendor in VendorName:
        for name, reason in _vendor_objections(settings.vendor(vendor), settings):
            yield f"vendors.{vendor.value}.{name}", reason


def _vendor_objections(section: VendorSection, settings: Settings) -> Iterator[tuple[str, str]]:
    for name, url in (("base_url", section.base_url), ("auth_url", section.auth_url)):
        if url is not None and (reason := url_objection(url, settings)):
            yield name, reason
    if any(limit.period <= 0 for limit in section.limits or ()):
        yield "limits", "Expected a period of more than no time"
    if section.ca_file is not None and not Path(section.ca_file).is_file():
        yield "ca_file", "Expected the path of a file that is there"


def url_objection(url: str, settings: Settings) -> str | None:
    """Why a vendor must not be called at this URL template; None when it may."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
        fields = {field for _, field, _, _ in string.Formatter().parse(url) if field is not None}
    except ValueError:
        return "Expected a URL"
    if parts.scheme not in ("https", "http") or not host:
        return "Expected a URL of https"
    if "@" in parts.netloc or parts.query or parts.fragment or not fields <= {"region"}:
        return "Expected a URL of scheme, host, port and path only, in which `{region}` may stand"
    if parts.scheme == "http" and not settings.allows_plain_http(host):
        return (
            "Expected https; plain http is for hosts in vendors.insecure_hosts and this machine's"
            " own, in the development profile"
        )
    return None
