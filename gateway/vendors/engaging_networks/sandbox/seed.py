"""The seeded accounts: one for each customer of the world that uses Engaging Networks."""

from copy import deepcopy
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from ....domain.vendor import VendorName
from ....double import Customer, World
from .holdings import holdings

State = dict[str, Any]

_FIELDS = [
    {"id": 2913, "name": "Email Address", "tag": "Email Address", "property": "emailAddress"},
    {"id": 2907, "name": "First Name", "tag": "First Name", "property": "firstName"},
    {"id": 2908, "name": "Last Name", "tag": "Last Name", "property": "lastName"},
    {"id": 5253, "name": "Favourite river", "tag": "Not Tagged", "property": "NOT_TAGGED_19"},
]
_IMPORT_FORMATS = [
    {
        "id": 4101,
        "name": "Supporters",
        "format": [
            {"name": "Email Address", "label": "Email"},
            {"name": "First Name", "label": "First name"},
            {"name": "Last Name", "label": "Last name"},
        ],
    }
]
_ANYONE = Customer(name="", email="", company="", website="", language="", vendors=frozenset())
_WHOLE = {
    "session_ms",
    "bind_sessions",
    "hourly_limit",
    "query_base",
    "issued",
    "sessions",
    "processed",
    "accounts",
}
_QUESTIONS = [{"id": 1531, "questionId": 279, "name": "Email opt-in", "type": "OPT"}]


def seed(world: World, today: date) -> State:
    """The state of a fresh double; ids and tokens are the same for the same world."""
    accounts: dict[int, State] = {}
    for agency in world.agencies:
        for customer in agency.customers:
            if VendorName.ENGAGING_NETWORKS in customer.vendors:
                who = f"{agency.name}:{customer.company}:{customer.email}"
                client_id = _number(who, 10_000, 90_000)
                while client_id in accounts:
                    client_id += 1
                accounts[client_id] = _account(agency.name, customer, who, client_id, today)
    return {
        "session_ms": 3_600_000,
        "bind_sessions": True,
        "hourly_limit": 5000,
        "query_base": 0,
        "issued": 0,
        "sessions": {},
        "processed": {},
        "accounts": list(accounts.values()),
    }


def checked(state: State) -> State:
    """A copy of a state that another double gave; raises LookupError or TypeError for any other."""
    model = _account("", _ANYONE, "", 0, date(2026, 1, 1))
    missing = _WHOLE - state.keys()
    for account in state.get("accounts", ()):
        missing |= model.keys() - account.keys()
        missing |= model["api_user"].keys() - account.get("api_user", {}).keys()
    if missing:
        raise LookupError(f"missing: {', '.join(sorted(missing))}")
    return deepcopy(state)


def _account(agency: str, customer: Customer, who: str, client_id: int, today: date) -> State:
    pages = [_page(client_id, n, customer) for n in range(4)]
    people = [_person(client_id, n, today) for n in range(3)]
    return {
        "agency": agency,
        "name": customer.company,
        "client_id": client_id,
        "supporter_count": _number(f"count:{who}", 200, 60_000),
        "public_token": uuid(f"public:{who}"),
        "private_tokens": [uuid(f"private:{who}:{n}") for n in range(2)],
        "api_user": {
            "key": uuid(f"api_key:{who}"),
            "name": f"gateway@{customer.email.rpartition('@')[2]}",
            "known": True,
            "status": "Active",
            "remote_address": "",
            "permissions": ["supporters", "pages", "account"],
            "requests_left": None,
            "spent": [0, 0],
        },
        "fields": deepcopy(_FIELDS),
        "questions": deepcopy(_QUESTIONS),
        "pages": pages,
        "supporters": people,
        "broadcasts": [_broadcast(client_id, n) for n in range(3)],
        "import_formats": deepcopy(_IMPORT_FORMATS),
        "jobs": [],
        **holdings(client_id, people, pages, today),
        "export_type": "csv",
        "export_columns": [],
        "file_delimiter": ",",
        "activity": [
            {
                "supporter": person["supporterId"],
                "email": person["Email Address"],
                "type": page["subType"] or "FCS",
                "campaign": page["name"],
                "date": str(today - timedelta(days=age)),
            }
            for age in (40, 32, 8, 2, 1, 0)
            for person, page in zip(people, pages, strict=False)
        ],
    }


def _page(client_id: int, n: int, customer: Customer) -> State:
    kind, sub_type, name, status = (
        ("dc", "PET", "Save the river", "live"),
        ("dc", "DCF", "Newsletter", "live"),
        ("nd", "", "Spring appeal", "live"),
        ("dc", "PET", "Clean air", "close"),
    )[n]
    page_id = client_id * 10 + n
    made = 1_767_225_600_000 + n * 86_400_000
    return {
        "id": page_id,
        "campaignId": page_id + 500_000,
        "name": name,
        "title": f"{name} · {customer.company}",
        "type": kind,
        "subType": sub_type,
        "clientId": client_id,
        "createdOn": made,
        "modifiedOn": made + 3_600_000,
        "campaignBaseUrl": customer.website,
        "campaignStatus": status,
        "defaultLocale": "en-GB",
    }


def _broadcast(client_id: int, n: int) -> dict[str, str]:
    return {
        "CLIENT_ID": str(client_id),
        "BROADCAST_ID": str(client_id * 10 + n),
        "BROADCAST_NAME": f"Newsletter {n + 1}",
        "BROADCAST_DATE": f"0{n + 1}/02/2026",
    }


def _person(client_id: int, n: int, today: date) -> State:
    """A supporter; every second one in strings only, as the vendor's answers are seen both ways."""
    first, last = (("Ana", "Silva"), ("Bo", "Lind"), ("Cleo", "Marsh"))[n]
    supporter_id = client_id * 100 + n
    return {
        "supporterId": str(supporter_id) if n % 2 else supporter_id,
        "suppressed": "false" if n % 2 else n == 2,
        "Email Address": f"{first.lower()}.{last.lower()}@example.org",
        "First Name": first,
        "Last Name": last,
        "Favourite river": "",
        "questions": [
            {"id": 279, "name": "Email opt-in", "type": "OPTIN", "response": "N" if n else "Y"}
        ],
        "memberships": [],
        "createdOn": str(today - timedelta(days=40 - n)),
        "modifiedOn": str(today - timedelta(days=n)),
    }


def uuid(name: str) -> str:
    """A token in the vendor's shape, the same for the same name."""
    digest = sha256(name.encode()).hexdigest()
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))


def _number(name: str, least: int, span: int) -> int:
    return least + int(sha256(name.encode()).hexdigest()[:12], 16) % span
