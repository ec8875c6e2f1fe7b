"""What only people do at the vendor (section 1): tokens, and the API user."""

from collections.abc import Callable
from typing import Any

from .wire import State

_USAGE = (
    "use deactivate, activate, set_remote_address with an address, add_token with kind private, or"
    " refresh_token and delete_token with a kind (public, private or api_key) and, for private, the"
    " index of one that exists"
)


def act(account: State, action: dict[str, Any], issue: Callable[[str], str]) -> dict[str, Any]:
    """One action upon an account; answers the token that it concerns.

    `refresh_token {kind, index?}`, `delete_token {kind: private, index?}`, `add_token {kind:
    private}`, `deactivate`, `activate`, `set_remote_address {address}`. Raises ValueError.
    """
    verb, kind, index = action.get("action"), action.get("kind"), action.get("index", 0)
    private, user = account["private_tokens"], account["api_user"]
    fresh = issue(f"{kind}:{account['client_id']}")
    match verb, kind:
        case "refresh_token", "public":
            account["public_token"] = fresh
        case "refresh_token", "private" if index in range(len(private)):
            private[index] = fresh
        case "refresh_token", "api_key":
            user["key"] = fresh
        case "add_token", "private":
            private.append(fresh)
        case "delete_token", "private" if index in range(len(private)):
            fresh = private.pop(index)
        case "deactivate" | "activate", _:
            user["status"], fresh = ("Active" if verb == "activate" else "Inactive"), user["key"]
        case "set_remote_address", _:
            user["remote_address"], fresh = str(action.get("address", "")), user["key"]
        case _:
            raise ValueError(_USAGE)
    return {"token": fresh}
