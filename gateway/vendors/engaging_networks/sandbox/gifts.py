"""Transactions of supporters (section 5.4): listed, read, and recurring ones written.

The page's shapes are mixed by type, and so they are here: a single gift (FCS) has `createdDate` in
seconds, a recurring one (FCR) in milliseconds and a `createdOn` as DD/MM/YYYY (the page leaves the
order open). A new recurring transaction is a POST to the list, a change a PUT to its gateway id.
"""

from datetime import datetime
from typing import Any

from starlette.responses import JSONResponse, Response

from . import people
from .asked import Asked
from .wire import State, error, json_object

_STATUSES = ("ACTIVE", "SUSPENDED", "CANCELED")  # assumed
CURRENCIES = ("USD", "GBP", "EUR", "CAD", "AUD")
_FACTS = ("status", "amount", "currency", "paymentDay", "frequency")
_FREQUENCIES = ("MONTHLY", "QUARTERLY", "ANNUAL")  # assumed


def listed(asked: Asked, supporter_id: str) -> Response:
    """All transactions of a supporter."""
    if people.by_id(asked.account, supporter_id) is None:
        return error(404, "Unable to find the supporter")
    return JSONResponse([_line(one) for one in _of(asked, supporter_id)])


def get(asked: Asked, ids: str) -> Response:
    """One transaction, by its gateway id alone; anything else is an empty 204."""
    found = _one(asked, ids)
    return Response(status_code=204) if found is None else JSONResponse(_line(found))


def recurring(asked: Asked, supporter_id: str) -> Response:
    """The recurring transactions of a supporter."""
    if people.by_id(asked.account, supporter_id) is None:
        return error(404, "Unable to find the supporter")
    found = _of(asked, supporter_id)
    return JSONResponse([_line(one) for one in found if one["exportType"] == "FCR"])


def recurring_one(asked: Asked, ids: str) -> Response:
    """One of them; unknown: 204."""
    found = _one(asked, ids, "FCR")
    return Response(status_code=204) if found is None else JSONResponse(_line(found))


def create_recurring(asked: Asked, supporter_id: str) -> Response:
    """A new one: an amount, a currency and a day of payment; ACTIVE and MONTHLY if not told."""
    if people.by_id(asked.account, supporter_id) is None:
        return error(404, "Unable to find the supporter")
    told = {"status": "ACTIVE", "frequency": "MONTHLY", **(json_object(asked.body) or {})}
    missing = [name for name in _FACTS if name not in told]
    if missing or not _fits(told):
        return error(400, "The recurring transaction is not valid")  # assumed
    number = asked.number()
    facts = {name: told[name] for name in _FACTS}
    made = transaction(number, int(supporter_id), None, asked.now) | facts
    asked.account["transactions"].append(made | {"exportType": "FCR"})
    asked.note("recurring.create", supporter=int(supporter_id), transaction=made["transactionId"])
    return JSONResponse({"id": number})


def update_recurring(asked: Asked, ids: str) -> Response:
    """Change what is told of one."""
    found, told = _one(asked, ids, "FCR"), json_object(asked.body) or {}
    if found is None:
        return error(404, "Unable to find the transaction")
    if not told or told.keys() - set(_FACTS) or not _fits(told):
        return error(400, "The recurring transaction is not valid")  # assumed
    found.update(told)
    changed = {"supporter": found["supporterId"], "transaction": found["transactionId"]}
    asked.note("recurring.update", **changed)
    return JSONResponse({"id": found["id"]})


def transaction(number: int, supporter_id: int, page: State | None, at: datetime) -> State:
    """A single gift of nothing yet; its gateway id is `txn-<number>`."""
    return {
        "id": number,
        "transactionId": f"txn-{number}",
        "supporterId": supporter_id,
        "pageId": page["id"] if page else None,
        "campaignId": page["campaignId"] if page else None,
        "exportType": "FCS",
        "status": "success",
        "at": int(at.timestamp()),
        "day": f"{at:%Y-%m-%d}",
    }


def paid(asked: Asked, number: int, supporter_id: int, page: State, payment: State) -> None:
    """Keep the payment of a processed page."""
    told = {"amount": payment.get("paymentamt"), "currency": str(payment.get("paycurrency"))}
    made = transaction(number, supporter_id, page, asked.now) | told
    asked.account["transactions"].append(made | {"day": str(asked.today)})


def _fits(told: State) -> bool:
    day, status = told.get("paymentDay", 1), told.get("status", "ACTIVE")
    return (
        status in _STATUSES
        and told.get("currency", "EUR") in CURRENCIES
        and told.get("frequency", "MONTHLY") in _FREQUENCIES
        and type(day) is int
        and 1 <= day <= 31
        and amount(told.get("amount", 1)) > 0
    )


def amount(value: Any) -> float:
    """A number, or one in a text; 0 for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return 0.0
    try:
        number = float(value)
    except ValueError:
        return 0.0
    return number if 0 < number < 1e9 else 0.0


def _line(one: State) -> State:
    """As it is told: seconds for a single gift, milliseconds for a recurring one."""
    told = {name: value for name, value in one.items() if name not in ("at", "day", "supporterId")}
    if one["exportType"] != "FCR":
        return {**told, "createdDate": one["at"]}
    year, month, day = one["day"].split("-")
    return {**told, "createdDate": one["at"] * 1000, "createdOn": f"{day}/{month}/{year}"}


def _of(asked: Asked, supporter_id: str) -> list[State]:
    if people.by_id(asked.account, supporter_id) is None:
        return []
    found = asked.account["transactions"]
    return [one for one in found if str(one["supporterId"]) == supporter_id]


def _one(asked: Asked, ids: str, kind: str = "") -> State | None:
    supporter_id, _, wanted = ids.partition("/")
    found = (one for one in _of(asked, supporter_id) if one["transactionId"] == wanted)
    return next((one for one in found if kind in ("", one["exportType"])), None)
