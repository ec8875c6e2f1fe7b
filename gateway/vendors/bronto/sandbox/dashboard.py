"""What people do at Bronto under Settings, Data Exchange, and the tokens of an agency there."""

from datetime import datetime

from .seed import Json, token, uuid


def act(agency: Json, action: Json, now: datetime, nth: int) -> Json:
    """`generate_token`, `revoke_token` or `deactivate`; raises ValueError when it cannot be done.

    `client` (an account id, or none for All Clients) says whose token is meant, unless `token`
    names one by its value. `deactivate` with `account` switches that account off instead.
    """
    match action.get("action"):
        case "generate_token":
            return _generate(agency, action, now, nth)
        case "revoke_token":
            revoked = _chosen(agency, action)
            agency["tokens"].remove(revoked)
            return {"token": revoked["id"]}
        case "deactivate" if "account" in action:
            _account(agency, action["account"])["status"] = "inactive"
            return {"account": action["account"]}
        case "deactivate":
            chosen = _chosen(agency, action)
            chosen["active"] = False
            return {"token": chosen["id"]}
    raise ValueError("At Bronto people can generate_token, revoke_token and deactivate.")


def agency_token(agency: Json) -> str | None:
    """The agency's first All Clients token, which is one without an account."""
    return next((each["id"] for each in agency["tokens"] if "accountId" not in each), None)


def client_tokens(agency: Json) -> dict[str, str]:
    """The first token of each client, by account id."""
    tokens: dict[str, str] = {}
    for each in agency["tokens"]:
        if "accountId" in each:
            tokens.setdefault(each["accountId"], each["id"])
    return tokens


def _generate(agency: Json, action: Json, now: datetime, nth: int) -> Json:
    client, name = action.get("client"), str(action.get("name") or "Generated")
    if client is not None:
        _account(agency, client)
    value = uuid("generated", str(action["agency"]), str(nth)).upper()
    made = now.isoformat(timespec="milliseconds")
    agency["tokens"].append(token(value, name, client, made, int(action.get("permissions", 7))))
    return {"token": value}


def _chosen(agency: Json, action: Json) -> Json:
    """The token that an action names, by its value or by whom it is for."""
    named, client = action.get("token"), action.get("client")
    for each in agency["tokens"]:
        if each["id"] == named or (named is None and each.get("accountId") == client):
            chosen: Json = each
            return chosen
    raise ValueError("The agency has no such token.")


def _account(agency: Json, id: str) -> Json:
    for each in agency["accounts"]:
        if each["id"] == id:
            account: Json = each
            return account
    raise ValueError("The agency has no such account.")
