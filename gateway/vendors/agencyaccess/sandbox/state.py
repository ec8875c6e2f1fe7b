"""What AgencyAccess holds, as JSON may have it, and how it is seeded: the same in every run."""

import tomllib
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib.resources import files
from typing import Any, Literal

from msgspec import Struct

from ....domain.vendor import VendorName
from ....double import Customer, SeedAgency

Json = dict[str, Any]

CAPABILITIES = (
    "Create Customer",
    "Retrieve Customer",
    "Edit Customer",
    "Create Link",
    "Retrieve Link",
    "Edit Link",
)
LANGUAGES = ("English", "Spanish", "Dutch")
_TABLE = files(__package__.rpartition(".")[0]).joinpath("platforms.toml")
SERVICES: dict[str, tuple[str, ...]] = {
    platform["name"]: tuple(service["name"] for service in platform["services"])
    for platform in tomllib.loads(_TABLE.read_text("utf-8"))["platforms"]
}
"""Services by platform: a table of the guide's labels, shared with the adapter as data."""

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LONG_AGO = datetime(2025, 3, 14, 9, 30, tzinfo=UTC)


class Agency(Struct, forbid_unknown_fields=True):
    """What AgencyAccess holds for one agency; clients and links as they are read on the wire.

    `accounts` are the agency's own linked accounts: id to whether it is active. `made` counts what
    was made since the seed, so that ids and keys are the same in every run. The rest are switches
    where the vendor page leaves ways open, each at its usual place.

    - `intake_form`: the agency's form is enabled.
    - `link_limit`: so many links at most; beyond it `link_limit_status`.
    - `strict_services`: platforms and services that the guide does not know are refused.
    - `keeps_unnamed`: services that an update of a link leaves out stay.
    - `keeps_absent`: fields that an update of a client leaves out stay, else they are cleared.
    - `merges_metadata`: an update of a client adds to the metadata, else it replaces them.
    - `redirect_scheme`: what becomes of a redirect with `https://`.
    - `unset`: how optional fields without a value are read.
    - `extra_fields`: reads have fields that the guide does not tell of.
    - `errors_in_200`: what goes wrong behind a good key is told in the envelope of a 200.
    - `dialect`: `newer` has `requestedServices` and `redirectURL`, and creating a link answers with
      it and its `inviteUrl`; `wraps_created`: within an object `request`.
    """

    key: str
    capabilities: list[str]
    accounts: dict[str, bool]
    clients: dict[str, Json]
    links: dict[str, Json]
    intake_form: bool = True
    link_limit: int | None = None
    link_limit_status: Literal[409, 403, 400] = 409
    strict_services: bool = True
    keeps_unnamed: bool = True
    keeps_absent: bool = True
    merges_metadata: bool = False
    redirect_scheme: Literal["kept", "stripped", "refused"] = "kept"
    unset: Literal["empty", "absent", "null"] = "empty"
    extra_fields: bool = False
    errors_in_200: bool = False
    dialect: Literal["seed", "newer"] = "seed"
    wraps_created: bool = False
    made: int = 0


def new_client(vendor_id: str, created: int, fields: Json) -> Json:
    """A client as it is read; `created` in milliseconds."""
    texts = ("name", "email", "company", "website", "language")
    return {
        "id": vendor_id,
        **{name: fields.get(name, "") for name in texts},
        "type": "Client",
        "created": created,
        "metadata": fields.get("metadata", {}),
    }


def new_link(vendor_id: str, client_id: str, created: int, asked: Json) -> Json:
    """A link as it is read, with nothing but what it asks for; `created` in milliseconds."""
    return {
        "id": vendor_id,
        "clientID": client_id,
        "created": created,
        "lastReminderTimestamp": created,
        "cc": [],
        "requestedAccounts": asked,
        "intakeForm": {"requested": False, "complete": False},
        "redirect": "",
        "thankYouMessage": "",
        "staticLinkRef": "",
        "retainTokens": False,
    }


def make_id(*words: str) -> str:
    """Twenty letters and digits, always the same for the same words."""
    digest = sha256("\n".join(words).encode()).digest()
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:20])


def make_key(agency: str, generation: int) -> str:
    """The agency's key of that generation."""
    return f"k_{make_id(agency, 'key', str(generation))}{make_id(agency, 'tail', str(generation))}"


def milliseconds(moment: datetime) -> int:
    """A moment as the vendor writes it."""
    return int(moment.timestamp() * 1000)


def seed(agency: SeedAgency) -> Agency:
    """An agency with its customers at AgencyAccess, and links in all states."""
    held = Agency(
        key=make_key(agency.name, 0),
        capabilities=list(CAPABILITIES),
        accounts={_account(agency.name, platform): True for platform in SERVICES},
        clients={},
        links={},
    )
    ours = [one for one in agency.customers if VendorName.AGENCYACCESS in one.vendors]
    for n, customer in enumerate(ours):
        client = _client(agency.name, customer, n)
        held.clients[client["id"]] = client
        # One link for each client, two for every third.
        for m in range(2 if n % 3 == 0 else 1):
            link = _link(agency.name, client, n, m)
            held.links[link["id"]] = link
    return held


def _client(agency: str, customer: Customer, n: int) -> Json:
    fields = {
        "name": customer.name,
        "email": customer.email,
        "company": customer.company,
        "website": customer.website,
        "language": customer.language if customer.language in LANGUAGES else "English",
        "metadata": {"crm": str(4200 + n)},
    }
    vendor_id = make_id(agency, "client", customer.name, customer.company)
    return new_client(vendor_id, milliseconds(_LONG_AGO + timedelta(days=n, minutes=7 * n)), fields)


_DECISIONS = ((True, True), (True, None), (None, None), (False, False))
"""What became of (Google Ads, Meta Ads): complete, partial, pending, skipped."""


def _link(agency: str, client: Json, n: int, m: int) -> Json:
    google, meta = _DECISIONS[(n + m) % len(_DECISIONS)]
    created = client["created"] + 86_400_000 * (m + 1)
    asked = {
        "Google": {"Google Ads": _service(agency, "Google", "Admin", google)},
        "Meta": {"Meta Ads": _service(agency, "Meta", "Read Only", meta)},
    }
    return {
        **new_link(make_id(agency, "link", client["id"], str(m)), client["id"], created, asked),
        "lastReminderTimestamp": created + 3_600_000 * m,
        "cc": [{"name": "Front desk", "email": f"desk@{agency.lower()}.example"}],
        "intakeForm": {"requested": m == 0, "complete": bool(google and meta)},
        "redirect": client["website"].removeprefix("https://") + "/thanks",
        "thankYouMessage": "Thank you!",
    }


def _service(agency: str, platform: str, level: str, decided: bool | None) -> Json:
    return {
        "accessLevel": level,
        "requested": True,
        "requestedAccountLinks": [{"internalAccountID": _account(agency, platform)}],
        "granted": decided is True,
        "skipped": decided is False,
    }


def _account(agency: str, platform: str) -> str:
    return "acc_" + make_id(agency, "account", platform)
