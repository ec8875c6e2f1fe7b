"""What a seeded account holds beside supporters, pages and tokens."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

State = dict[str, Any]

_COMPONENTS = "codeblock formblock page template textblock thankemail upsell widget"


def holdings(client_id: int, people: list[State], pages: list[State], today: date) -> State:
    """Components, gifts, survey answers, automations and the rest, of a fresh account."""
    return {
        "components": {
            kind: [_component(client_id, place, kind, n) for n in range(2)]
            for place, kind in enumerate(_COMPONENTS.split())
        },
        "origin_sources": {str(people[0]["supporterId"]): {"code": "FAIR", "category": "Event"}},
        "transactions": [_gift(client_id, n, people, pages[2], today) for n in range(3)],
        "survey_answers": [
            {
                "page": pages[0]["id"],
                "group": "Rivers",
                "supporterId": int(person["supporterId"]),
                "submittedOn": str(today - timedelta(days=8)),
                "responses": [{"question": "Do you swim?", "answer": answer}],
            }
            for person, answer in zip(people, ("Yes", "No"), strict=False)
        ],
        "automations": [
            {
                "id": client_id * 10 + 7,
                "name": "Welcome series",
                "status": "live",
                "folderId": 0,
                "createdOn": 1_767_225_600_000,
                "supporters": [],
                "entered": {f"{today:%Y%m}": 2},
            }
        ],
        "queries": {"All supporters": {}, "Suppressed": {"suppressed": True}},
        "export_jobs": [],
        "export_job_seconds": 30,
        "audit": [
            {
                "date": f"{today - timedelta(days=2)}T09:00:00+00:00",
                "user": "admin",
                "type": "LOGIN",
                "entityType": "USER",
            }
        ],
    }


def _component(client_id: int, place: int, kind: str, n: int) -> State:
    made = 1_767_225_600_000 + n * 86_400_000
    return {
        "id": client_id * 100 + place * 10 + n,
        "name": f"{kind} {n + 1}",
        "createdOn": made,
        "modifiedOn": made + 3_600_000,
        "ownedBy": "admin",
        "folderId": n,
    }


def _gift(client_id: int, n: int, people: list[State], page: State, today: date) -> State:
    """Two single gifts and a recurring one."""
    day, number = today - timedelta(days=n + 3), client_id * 1000 + n
    gift = {
        "id": number,
        "transactionId": f"txn-{number}",
        "supporterId": int(people[n % 2]["supporterId"]),
        "pageId": page["id"],
        "campaignId": page["campaignId"],
        "exportType": "FCS",
        "status": "success",
        "amount": ("25.00", "10.50", "5.00")[n],
        "currency": ("EUR", "GBP", "EUR")[n],
        "at": int(datetime.combine(day, time(15), UTC).timestamp()),
        "day": str(day),
    }
    recurring = {"exportType": "FCR", "status": "ACTIVE", "paymentDay": 3, "frequency": "MONTHLY"}
    return gift | recurring if n == 2 else gift
