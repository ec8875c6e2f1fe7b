"""What Bronto holds of the seeded world: ids are hashes of names, so each agency has its own."""

from hashlib import sha256
from typing import Any, TypeAlias

from ....domain.vendor import VendorName
from ....double import Customer, SeedAgency, World

Json: TypeAlias = dict[str, Any]

PAGE_SIZE = 5000

_MADE = "2019-04-01T09:30:00.000-04:00"


def seed(world: World) -> Json:
    """The state that the double begins with.

    A page holds fewer rows when `page_size` says so; `failing` gives operations a fault's number.
    """
    agencies = {agency.name: _agency(agency) for agency in world.agencies}
    return {
        "page_size": PAGE_SIZE,
        "failing": {},
        "issued": 0,
        "sessions": {},
        "agencies": agencies,
    }


def _agency(agency: SeedAgency) -> Json:
    """Its own token and login; for each customer an account with a token, a login and two lists."""
    customers = [each for each in agency.customers if VendorName.BRONTO in each.vendors]
    ids = {each.company: hex_id("0bc503ec", agency.name, each.company) for each in customers}
    tokens = [token(uuid("token", agency.name).upper(), "All Clients", None, _MADE)]
    logins = {"": [_login(f"admin@{agency.name.casefold()}.example", "Agency Admin", admin=True)]}
    for customer in customers:
        inside = ids[customer.company]
        value = uuid("token", agency.name, inside).upper()
        tokens.append(token(value, f"{customer.company} sync", inside, _MADE))
        logins[inside] = [_login(customer.email, customer.name)]
    return {
        "accounts": [_seeded_account(ids[each.company], each) for each in customers],
        "tokens": tokens,
        "logins": logins,
        "lists": {inside: [_list(inside, name) for name in _LISTS] for inside in ids.values()},
    }


_LISTS = ("Newsletter", "Customers")


def _seeded_account(id: str, customer: Customer) -> Json:
    amount = int(id[-4:], 16)
    return {
        "id": id,
        "name": customer.company,
        "status": "unrestricted",
        "generalSettings": {
            "sendUsageAlerts": True,
            "usageAlertEmail": customer.email,
            "currentContacts": amount,
            "maxContacts": 100_000,
            "currentMonthlyEmails": amount * 2,
            "currentHostingSize": amount // 100,
            "maxHostingSize": 1000,
        },
        "contactInformation": _person(customer.name, customer.email, customer.company),
        "formatSettings": {
            "timeZone": "America/New_York",
            "dateFormat": "MM/dd/yyyy",
            "locale": _LOCALES.get(customer.language, "en_US"),
        },
        "allocations": {
            "canExceedAllocation": False,
            "emails": 200_000,
            "contacts": 100_000,
            "hosting": 1000,
            "logins": 5,
            "api": True,
            "startDate": _MADE,
            "bundle": "professional",
        },
    }


_LOCALES = {"Spanish": "es_ES", "Dutch": "nl_NL", "French": "fr_FR", "German": "de_DE"}


def _person(name: str, email: str, organization: str | None = None) -> Json:
    first, _, last = name.partition(" ")
    known = {"organization": organization, "firstName": first, "lastName": last or None}
    return {**known, "email": email}


def _login(username: str, name: str, *, admin: bool = False) -> Json:
    return {
        "username": username,
        "password": "xxxxxxxx",
        "contactInformation": _person(name, username),
        "permissionAgencyAdmin": admin,
        "permissionAdmin": True,
        "permissionMessageCompose": not admin,
        "permissionSubscriberView": not admin,
    }


def _list(inside: str, name: str) -> Json:
    id = hex_id("0bbd03ec", inside, name)
    return {
        "id": id,
        "name": name,
        "label": name,
        "activeCount": int(id[-3:], 16),
        "status": "active",
        "visibility": "private",
    }


def hex_id(prefix: str, *parts: str) -> str:
    """36 hexadecimal characters, as Bronto's ids are."""
    return prefix + _digest(*parts)[:28]


def uuid(*parts: str) -> str:
    """The shape of sessions, and in capitals of tokens."""
    digits = _digest(*parts)
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))


def _digest(*parts: str) -> str:
    return sha256("\x00".join(("bronto", *parts)).encode()).hexdigest()


def token(value: str, name: str, client: str | None, made: str, mask: int = 7) -> Json:
    """A token; its id is its value (vendor page 2). Without a client it is for All Clients."""
    made_token = {
        "id": value,
        "name": name,
        "permissions": mask,
        "active": True,
        "created": made,
        "modified": made,
    }
    return made_token if client is None else {**made_token, "accountId": client}
