"""Supporters of an account (section 5.4): read, written, and asked for in pages."""

from collections.abc import Iterable
from datetime import date, timedelta

from starlette.responses import JSONResponse, Response

from .asked import Asked
from .wire import State, error, json_object, whole

_HIDDEN = frozenset({"createdOn", "modifiedOn"})
_RECORD_TYPES = {"OPT": "OPTIN", "GEN": "GENERAL", "CONF": "CONFIRMATION"}
_QUERIES = ("latestCreated", "latestModified", "suppressed", "profile", "search")


def get(asked: Asked, supporter_id: str) -> Response:
    """By id, else by e-mail address in any letter case; not found: 404, else 204 (page 5.3)."""
    query = asked.request.query_params
    email = query.get("email", "")
    if not supporter_id and not email:
        return error(400, "Required parameter email is missing")  # assumed
    person = by_id(asked.account, supporter_id) if supporter_id else by_email(asked.account, email)
    if person is None:
        if supporter_id:
            return error(404, "Unable to find the supporter")
        return Response(status_code=204)
    wanted = {"includeQuestions": "questions", "includeMemberships": "memberships"}
    hidden = _HIDDEN | {name for flag, name in wanted.items() if query.get(flag) != "true"}
    return JSONResponse({key: value for key, value in person.items() if key not in hidden})


def save(asked: Asked) -> Response:
    """Insert or update by e-mail address."""
    told = json_object(asked.body)
    if told is None or not isinstance(told.get("Email Address"), str):
        return error(400, "The supporter has no Email Address")  # assumed
    if refusal := _unknown_fields(asked.account, told):
        return refusal
    person, created = upsert(asked, told)
    asked.note("supporter.save", supporter=_id(person), created=created)
    return JSONResponse({"id": _id(person)})


def update(asked: Asked, supporter_id: str) -> Response:
    """Change some values of one supporter."""
    person, told = by_id(asked.account, supporter_id), json_object(asked.body)
    if person is None:
        return error(404, "Unable to find the supporter")
    if told is None:
        return error(400, "The body is not a supporter")  # assumed
    if refusal := _unknown_fields(asked.account, told):
        return refusal
    _write(asked, person, told)
    asked.note("supporter.update", supporter=_id(person))
    return JSONResponse({"id": _id(person)})


def delete(asked: Asked, supporter_id: str) -> Response:
    """Remove one supporter."""
    person = by_id(asked.account, supporter_id)
    if person is None:
        return error(404, "Unable to find the supporter")
    asked.account["supporters"].remove(person)
    asked.account["origin_sources"].pop(supporter_id, None)
    asked.note("supporter.delete", supporter=_id(person))
    return JSONResponse({"id": _id(person)})


def suppress(asked: Asked) -> Response:
    """Suppress several, or no longer; the number of those that there are (a bare one: assumed)."""
    told = json_object(asked.body) or {}
    value, people = str(told.get("value")).casefold(), chosen(asked, told)
    if told.get("field") != "suppressed" or value not in ("true", "false") or people is None:
        return error(400, "A field, a value and campaigners are required")  # assumed
    for person in people:
        person.update({"suppressed": value == "true", "modifiedOn": str(asked.today)})
    asked.note("supporter.bulk", supporters=[_id(one) for one in people], suppressed=value)
    return JSONResponse(len(people))


def chosen(asked: Asked, told: State) -> list[State] | None:
    """The supporters whose ids are `campaigners`, if it is a list of ids; unknown ones are none."""
    ids = told.get("campaigners")
    if not isinstance(ids, list) or not ids or not all(type(one) is int for one in ids):
        return None
    wanted = set(ids)
    return [one for one in asked.account["supporters"] if _id(one) in wanted]


def query(asked: Asked) -> Response:
    """Supporters in pages; `start` counts from `query_base`, for the page knows both readings."""
    params, base = asked.request.query_params, asked.query_base
    kind = params.get("type", "")
    days, rows, start = (
        whole(params.get(name), default)
        for name, default in (("daysBack", 32), ("rows", 20), ("start", base))
    )
    if kind not in _QUERIES:
        return error(400, "Unknown query type")  # this and the next two are assumed
    if not 1 <= days <= 32:
        return error(400, "daysBack must be between 1 and 32")
    if not 1 <= rows <= 100 or start < 0:
        return error(400, "rows must be between 1 and 100")
    found = list(_found(asked, kind, asked.today - timedelta(days=days)))
    first = max(start - base, 0)
    return JSONResponse(
        {
            "pagination": {"start": start, "rows": rows, "total": len(found)},
            "data": [_line(person) for person in found[first : first + rows]],
        }
    )


def questions(account: State, question_id: str) -> Response:
    """All questions, or one as a list with an entry for each locale; unknown: an empty list."""
    if not question_id:
        return JSONResponse(account["questions"])
    wanted = [q for q in account["questions"] if str(q["questionId"]) == question_id]
    return JSONResponse([{**question, "locale": "en-GB"} for question in wanted])


def by_id(account: State, supporter_id: str) -> State | None:
    return next((p for p in account["supporters"] if str(p["supporterId"]) == supporter_id), None)


def by_email(account: State, email: str) -> State | None:
    wanted = email.casefold()
    found = (p for p in account["supporters"] if p["Email Address"].casefold() == wanted)
    return next(found, None)


def upsert(asked: Asked, told: State) -> tuple[State, bool]:
    """The supporter of that e-mail address with these values, and whether it is new."""
    person = by_email(asked.account, told["Email Address"])
    created = person is None
    if person is None:
        person = {
            "supporterId": asked.number(),
            "suppressed": False,
            "questions": [],
            "memberships": [],
            "createdOn": str(asked.today),
        }
        asked.account["supporters"].append(person)
        asked.account["supporter_count"] += 1
    _write(asked, person, told)
    return person, created


def _write(asked: Asked, person: State, told: State) -> None:
    answers = told.get("questions") or {}
    person.update({name: value for name, value in told.items() if name != "questions"})
    person["modifiedOn"] = str(asked.today)
    for question in asked.account["questions"]:
        if question["name"] in answers:
            person["questions"] = [
                *(q for q in person["questions"] if q["name"] != question["name"]),
                {
                    "id": question["questionId"],
                    "name": question["name"],
                    "type": _RECORD_TYPES[question["type"]],
                    "response": answers[question["name"]],
                },
            ]


def _unknown_fields(account: State, told: State) -> Response | None:
    known = {"questions", "supporterId", "suppressed", *(f["name"] for f in account["fields"])}
    unknown = sorted(told.keys() - known)
    if not unknown:
        return None
    names = ", ".join(unknown)
    return error(400, f"The following fields are not present in the account: {names}", 10000005)


def _found(asked: Asked, kind: str, since: date) -> Iterable[State]:
    for person in asked.account["supporters"]:
        match kind:
            case "latestCreated":
                fits = person["createdOn"] >= str(since)
            case "latestModified":
                fits = person["modifiedOn"] >= str(since)
            case "suppressed":
                fits = str(person["suppressed"]).casefold() == "true"
            case "search":
                fits = _matches(asked, person, asked.request.query_params.get("filter", ""))
            case _:
                fits = False  # no profile is seeded
        if fits:
            yield person


def _matches(asked: Asked, person: State, condition: str) -> bool:
    """`property:value`, with `~` for and, `||` for or (section 5.4)."""
    names = {field["property"]: field["name"] for field in asked.account["fields"]}
    for part in filter(None, condition.split("~")):
        name, _, values = part.partition(":")
        value = str(person.get(names.get(name, ""), "")).casefold()
        if value not in values.casefold().split("||"):
            return False
    return True


def _line(person: State) -> State:
    return {
        "supporterId": person["supporterId"],
        "emailAddress": person["Email Address"],
        "createdOn": person["createdOn"],
        "modifiedOn": person["modifiedOn"],
    }


def _id(person: State) -> int:
    return int(person["supporterId"])
