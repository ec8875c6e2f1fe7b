"""Every secret of the seeded world, in every form in which it could slip out."""

import json
from base64 import b64decode, b64encode, urlsafe_b64encode
from binascii import Error
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gateway.cli.demonstration import KEY_RING
from gateway.domain.vendor import VendorName
from tests.gateways import Gateway, Sandbox

PUBLIC = {"client_id", "base_url", "wsdl", "auth_url", "regions"}
"""What a vendor's description holds beside credentials."""


def of_vendors(world: Sandbox) -> set[str]:
    """All credentials of both agencies, and every session and bearer that was issued for them."""
    described = (vendor.described for vendor in world.running.vendors.values())
    found = {text for told in described for text in _credentials(told)}
    bronto, networks, own = (
        world.state(name)
        for name in (VendorName.BRONTO, VendorName.ENGAGING_NETWORKS, VendorName.OWN)
    )
    found |= {token["id"] for agency in bronto["agencies"].values() for token in agency["tokens"]}
    return found | {*bronto["sessions"], *networks["sessions"], *own["bearers"]}


def of_gateway(gateway: Gateway) -> set[str]:
    """The callers' keys, their secret part by itself, and all keys in the vault's file."""
    whole = set(gateway.keys.values())
    ring = json.loads((gateway.folder / KEY_RING).read_text())
    return whole | {key.rpartition("_")[2] for key in whole} | set(_key_material(ring))


def exported(world: Sandbox) -> set[str]:
    """The supporters whom only an export tells of."""
    accounts = world.state(VendorName.ENGAGING_NETWORKS)["accounts"]
    found = {row["email"] for account in accounts for row in account["activity"]}
    return found - {"ana.silva@example.org"}  # who is asked for by her address


def _credentials(told: Mapping[str, Any]) -> Iterator[str]:
    for key, value in told.items():
        if key not in PUBLIC:
            yield from _texts(value)


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            yield from _credentials(value)
        case list():
            for each in value:
                yield from _texts(each)


def _key_material(ring: Any) -> Iterator[str]:
    """Texts of the length of a key, wherever the file has them."""
    for text in _texts(ring):
        if len(text) >= 40:
            yield text


def forms(secret: str) -> set[bytes]:
    """The secret as it is, in base64, in hexadecimal and quoted as in a URL.

    Of base64 also the part that the secret alone decides when something stands before it.
    """
    raws = {secret.encode()}
    with suppress(Error, ValueError):
        raws.add(b64decode(secret, validate=True))
    found = {quote(secret, safe="").encode()}
    for raw in raws:
        found |= {raw, raw.hex().encode(), raw.hex().upper().encode()}
        for encode in (b64encode, urlsafe_b64encode):
            found.add(encode(raw).rstrip(b"="))
            for before, first in ((1, 2), (2, 3)):
                coded = encode(bytes(before) + raw)
                found.add(coded[first : (before + len(raw)) * 8 // 6])
    return found


def found_in(places: Mapping[str, bytes], secrets: set[str]) -> list[str]:
    """Where a secret was found, in any of its forms; never the secret itself."""
    return [
        f"{place}: secret {number} as {len(form)} bytes"
        for number, secret in enumerate(sorted(secrets))
        for form in forms(secret)
        for place, content in places.items()
        if form in content
    ]


def files(folder: Path) -> dict[str, bytes]:
    """All that lies in a gateway's folder but its key ring: the database and what goes with it."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != KEY_RING}


def heard(gateway: Gateway) -> bytes:
    """All answers of the gateway, headers included."""
    answers = (
        json.dumps([dict(one.headers), one.body], ensure_ascii=False) for one in gateway.heard
    )
    return "\n".join(answers).encode()
