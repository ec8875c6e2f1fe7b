"""Pages of an account (section 5.4): listed, read, and processed for a supporter."""

from starlette.responses import JSONResponse, Response

from . import gifts, people
from .asked import Asked
from .wire import State, error, json_object

_PAGE_TYPES = "cc dc dcf ec ecommerce ems et ev leadgen mem nd pet premium sh sp ss survey tp unsub"
_DECLINED = "4000000000000002"
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "ens-auth-token, ens-client-id, content-type",
}


def listed(asked: Asked) -> Response:
    """No paging; `status=all`, which is not in the vendor's list, is taken as no status."""
    kind = asked.request.query_params.get("type", "").casefold()
    status = asked.request.query_params.get("status", "all").casefold()
    if not kind:
        return error(400, "Required parameter type is missing")  # assumed
    if kind not in _PAGE_TYPES.split():
        return error(404, "Failed to get pages", -1767273746)
    return JSONResponse(
        [
            page
            for page in asked.account["pages"]
            if kind in (page["type"].casefold(), page["subType"].casefold())
            and status in ("all", page["campaignStatus"])
        ]
    )


def get(asked: Asked, page_id: str) -> Response:
    """One page."""
    page = by_id(asked.account, page_id)
    if page is None:
        return unknown(page_id)
    return JSONResponse({**page, "trackingParameters": [], "campaignAttributes": []})


def process(asked: Asked, page_id: str) -> Response:
    """A page sent off by a supporter: live, unless `demo` says that it is a test.

    A payment that is declined is a 200 with status ERROR, a supporter and no transaction. The
    card number that is declined is this double's own: 4000000000000002.
    """
    page, told = by_id(asked.account, page_id), json_object(asked.body) or {}
    if page is None:
        return unknown(page_id)
    supporter, payment = told.get("supporter"), told.get("transaction") or {}
    if not isinstance(supporter, dict) or not isinstance(supporter.get("Email Address"), str):
        return error(400, "The supporter has no Email Address")  # assumed
    demo, declined = told.get("demo") is True, payment.get("ccnumber") == _DECLINED
    number = asked.number()
    supporter_id = number if demo else _take(asked, page, supporter, declined=declined)
    answer = {
        "id": number,
        "supporterId": supporter_id,
        "supporterEmailAddress": supporter["Email Address"],
        "createdOn": int(asked.now.timestamp() * 1000),
    }
    if declined:
        answer |= {"status": "ERROR", "error": "This transaction has been declined."}
    else:
        answer["status"] = "SUCCESS"
        if payment:
            if not demo:
                gifts.paid(asked, number, supporter_id, page, payment)
            answer |= {
                "transactionId": f"txn-{number}",
                "type": "CREDIT_SINGLE",
                "amount": payment.get("paymentamt"),
                "currency": payment.get("paycurrency"),
                "recurringPayment": False,
            }
    return JSONResponse(answer, headers=CORS)


def _take(asked: Asked, page: State, supporter: State, *, declined: bool) -> int:
    """The supporter is kept even of a declined payment; an activity only of what was done."""
    person, _ = people.upsert(asked, supporter)
    supporter_id = int(person["supporterId"])
    if not declined:
        asked.account["activity"].append(
            {
                "supporter": supporter_id,
                "email": person["Email Address"],
                "type": page["subType"] or "FCS",
                "campaign": page["name"],
                "date": str(asked.today),
            }
        )
    asked.note("page.process", page=page["id"], supporter=supporter_id, declined=declined)
    return supporter_id


def by_id(account: State, page_id: str) -> State | None:
    """The page of that id."""
    return next((page for page in account["pages"] if str(page["id"]) == page_id), None)


def unknown(page_id: str) -> Response:
    """That there is no such page."""
    return error(404, f"Unable to find an page with pageId {page_id}", 353979450)
