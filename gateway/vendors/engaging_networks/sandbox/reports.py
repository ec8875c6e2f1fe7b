"""Reports of the public data service (section 4), each with its own format of dates.

`AccountReports` wants DD/MM/YYYY, the fundraising summaries ISO days (and none means all days); the
columns of all of them are assumed. Services whose rows the page does not tell have none here.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TypeAlias

from .gifts import CURRENCIES, amount
from .wire import State, iso_day

_MOST_CALLED = 20
_ROWLESS = (
    "EaDataCapture",
    "EaEmailAOTarget",
    "NetDonor",
    "ProfileCount",
    "EventDetails",
    "EaSupporterQuestionResponse",
    "ActiveJobs",
    "JourneyMessageDetails",
    "ContactsByParty",
    "BroadcastMessageAttribute",
    "EaReferenceData",
    "DataApiResult",
)
Rows: TypeAlias = list[dict[str, str]]
_Acts: TypeAlias = list[tuple[str, str, dict[str, str]]]


def report(account: State, query: Mapping[str, str]) -> Rows | str:
    """The rows of a service, or why there are none."""
    match query.get("service"):
        case "AccountReports":
            return _account_report(account, query)
        case "FundraisingSummary":
            return _summary(account, query, "campaignId", "campaignId")
        case "FundraisingSummaryByPage":
            return _summary(account, query, "pageid", "pageId")
        case "RollCall" | "FundraisingRollCall" as service:
            return _roll_call(account, query, service)
        case service if service in _ROWLESS:
            return []
        case service:
            return f"Unknown service [{service}]"


def _account_report(account: State, query: Mapping[str, str]) -> Rows | str:
    first, last = (british_day(query.get(name, "")) for name in ("startDate", "endDate"))
    if first is None or last is None or first > last:
        return "startDate and endDate must be given as DD/MM/YYYY"
    gifts = [one for one in account["transactions"] if str(first) <= one["day"] <= str(last)]
    match query.get("resultType"):
        case "newjoins":
            joined = [p["createdOn"] for p in account["supporters"]]
            found = {"newJoins": str(sum(str(first) <= day <= str(last) for day in joined))}
        case "accounttotals":
            found = {"supporterTotal": str(account["supporter_count"])}
        case "netdonortransactions":
            found = {"transactionTotal": str(len(gifts))}
        case "netdonoramounts":
            found = _totals(gifts)
        case "broadcaststats":
            days = (british_day(one["BROADCAST_DATE"]) for one in account["broadcasts"])
            found = {
                "broadcastTotal": str(sum(day is not None and first <= day <= last for day in days))
            }
        case _:
            return "Unknown resultType"
    return [{"clientId": str(account["client_id"]), **found}]


def _summary(account: State, query: Mapping[str, str], parameter: str, key: str) -> Rows | str:
    """What was given in each currency; no row says that there are no gifts."""
    wanted = query.get(parameter)
    if not wanted:
        return f"{parameter} must be given"
    first = iso_day(query.get("startDate", "2000-01-01"))
    last = iso_day(query.get("endDate", "2999-12-31"))
    if first is None or last is None or first > last:
        return "startDate and endDate must be given as YYYY-MM-DD"
    gifts = [
        one
        for one in account["transactions"]
        if str(one[key]) == wanted and str(first) <= one["day"] <= str(last)
    ]
    if not gifts:
        return []
    return [{"clientId": str(account["client_id"]), key: wanted, **_totals(gifts)}]


def _roll_call(account: State, query: Mapping[str, str], service: str) -> Rows | str:
    """The newest twenty at most, by first name alone: what `dataSet` chooses is not told."""
    wanted = query.get("campaignId")
    if not wanted or not query.get("dataSet"):
        return "campaignId and dataSet must be given"
    names = {str(one["supporterId"]): one.get("First Name") for one in account["supporters"]}
    acts = _joined(account, wanted) if service == "RollCall" else _given(account, wanted)
    newest = sorted(acts, key=lambda act: act[0], reverse=True)[:_MOST_CALLED]
    return [
        {"FIRST_NAME": str(names.get(who) or ""), "DATE": day, **more} for day, who, more in newest
    ]


def _joined(account: State, campaign_id: str) -> _Acts:
    names = {page["name"] for page in account["pages"] if str(page["campaignId"]) == campaign_id}
    found = [act for act in account["activity"] if act["campaign"] in names]
    return [(act["date"], str(act["supporter"]), {}) for act in found]


def _given(account: State, campaign_id: str) -> _Acts:
    gifts = [one for one in account["transactions"] if str(one["campaignId"]) == campaign_id]
    return [
        (
            one["day"],
            str(one["supporterId"]),
            {"AMOUNT": str(one["amount"]), "CURRENCY": one["currency"]},
        )
        for one in gifts
    ]


def _totals(gifts: Iterable[State]) -> dict[str, str]:
    totals = dict.fromkeys(CURRENCIES, 0.0)
    for gift in gifts:
        if gift["currency"] in totals:
            totals[gift["currency"]] += amount(gift["amount"])
    return {name: f"{total:.2f}" for name, total in totals.items()}


def british_day(text: str) -> date | None:
    """A day as DD/MM/YYYY."""
    found = re.fullmatch(r"([0-9]{2})/([0-9]{2})/([0-9]{4})", text)
    return iso_day("-".join(reversed(found.groups()))) if found else None
