"""Sessions of API users, and what each may do in them (sections 5.1 to 5.3)."""

from collections.abc import Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from . import wire
from .wire import State

_PROCESSED_MOST, _PROCESSED_SECONDS = 200, 300
_INACTIVE = (
    "The user specified by api key [{}] is not active or does not have access to EN services"
)
_UNREGISTERED = (
    "Authentication call is being made from an unregistered source address for this ENS api key"
)


class RefusedError(Exception):
    """The answer in place of what was asked for."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


class Sessions:
    """The state's sessions, at one moment."""

    def __init__(self, state: State, now: datetime, issue: Callable[[str], str]) -> None:
        self._state = state
        self._now = now.timestamp()
        self._issue = issue

    def authenticate(self, request: Request, key: str) -> Response:
        """A session for a key."""
        account = self._find(key)
        if account is None:
            return wire.error(401, f"Invalid api key [{key}]", 10000000)
        user, here = account["api_user"], wire.address(request)
        if not user["known"]:
            return wire.error(401, f"A user was not found for api key[{key}]")
        if user["status"] != "Active":
            return wire.error(401, _INACTIVE.format(key))
        if user["remote_address"] and here not in user["remote_address"].split("~"):
            return wire.error(401, _UNREGISTERED)
        self._spend(user)
        milliseconds = self._state["session_ms"]
        ends_at = self._now + milliseconds / 1000
        token = self._issue(f"session:{key}")
        self._state["sessions"][token] = {"key": key, "address": here, "ends_at": ends_at}
        return JSONResponse({"expires": milliseconds, "ens-auth-token": token})

    def check(self, request: Request, token: str) -> Response:
        """Whether a session is good."""
        valid = self._session_account(request, token) is not None
        return JSONResponse({"valid": valid, "ens-auth-token": token})

    def end(self, token: str) -> Response:
        """Delete a session."""
        return JSONResponse(int(self._state["sessions"].pop(token, None) is not None))

    def signed(self, request: Request, permission: str, *, anywhere: bool = False) -> State:
        """The account whose session signs the request; refuses it in the order of section 5.3."""
        token = request.headers.get("ens-auth-token", "")
        account = self._session_account(request, token, anywhere=anywhere)
        if account is None:
            raise RefusedError(wire.error(401, "Invalid ens-auth-token", 10000006))
        self._spend(account["api_user"])
        if anywhere:
            self._count_processing(wire.address(request))
        if permission not in account["api_user"]["permissions"]:
            # The shape of a missing permission is not documented: 403 is assumed.
            raise RefusedError(wire.error(403, "Access denied", 10000007))
        return account

    def _session_account(
        self, request: Request, token: str, *, anywhere: bool = False
    ) -> State | None:
        session = self._state["sessions"].get(token)
        if session is None or session["ends_at"] <= self._now:
            return None
        bound = self._state["bind_sessions"] and not anywhere
        if bound and session["address"] != wire.address(request):
            return None
        return self._find(session["key"])

    def _spend(self, user: State) -> None:
        """One request of the API user's hour; refused with 401 when it is used up."""
        hour = int(self._now // 3600)
        used = user["spent"][1] if user["spent"][0] == hour else 0
        left = user["requests_left"]
        if used >= self._state["hourly_limit"] or (left is not None and left <= 0):
            raise RefusedError(over_quota(user))
        user["spent"] = [hour, used + 1]
        user["requests_left"] = None if left is None else left - 1

    def _count_processing(self, address: str) -> None:
        """Pages processed from one address; how the vendor blocks is not told: 429 is assumed."""
        window = int(self._now // _PROCESSED_SECONDS)
        since, used = self._state["processed"].get(address, (window, 0))
        used = used if since == window else 0
        if used >= _PROCESSED_MOST:
            raise RefusedError(wire.error(429, "Too many requests"))
        self._state["processed"][address] = [window, used + 1]

    def _find(self, key: str) -> State | None:
        found = (one for one in self._state["accounts"] if one["api_user"]["key"] == key)
        return next(found, None)


def over_quota(user: State) -> Response:
    """The refusal of a call beyond the quota: a 401, told by its text alone."""
    text = f"The user with username [{user['name']}] has exceeded its api limit"
    return wire.error(401, text)
