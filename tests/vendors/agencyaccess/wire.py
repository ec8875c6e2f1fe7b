"""A public client of AgencyAccess's double, and what its tests look up in the seeded world."""

from collections.abc import Iterator
from typing import Any

import aiohttp

ADS = {"Google": {"Google Ads": {"accessLevel": "ADMIN", "requested": True}}}
NORA = {"name": "Nora Blum", "email": "nora@blum.example", "language": "Dutch"}
SEED_MESSAGE = "Please provide a valid clientID"


class Wire:
    """A public client of AgencyAccess, which is Harbour unless told otherwise."""

    def __init__(self, base_url: str, double: Any, session: aiohttp.ClientSession) -> None:
        self._base_url = base_url
        self._session = session
        self.double = double
        self.key: str | None = self.agency("Harbour")["key"]

    def agency(self, name: str) -> Any:
        return self.double.state()["agencies"][name]

    def switch(self, **switches: Any) -> None:
        """Change what AgencyAccess holds of Harbour."""
        state = self.double.state()
        state["agencies"]["Harbour"] |= switches
        self.double.reset(state)

    async def post(self, operation: str, body: Any) -> tuple[int, Any]:
        return await self.send("POST", operation, json=body)

    async def get(self, operation: str, **query: str) -> tuple[int, Any]:
        return await self.send("GET", operation, params=query)

    async def good(self, operation: str, body: Any = None, **query: str) -> Any:
        """The data of an answer that must be good."""
        asked = self.get(operation, **query) if body is None else self.post(operation, body)
        status, answer = await asked
        assert (status, answer["error"]) == (200, False), answer
        return answer["data"]

    async def send(self, method: str, operation: str, **options: Any) -> tuple[int, Any]:
        headers = options.pop("headers", {}) | ({} if self.key is None else {"X-Auth": self.key})
        url = f"{self._base_url}/api/{operation}"
        async with self._session.request(method, url, headers=headers, **options) as response:
            answer = await response.json()
            assert isinstance(answer["error"], bool)
            assert ("data" in answer) is not ("msg" in answer)
            return response.status, answer


def first(objects: dict[str, Any]) -> str:
    return next(iter(objects))


def link_where(agency: Any, **wanted: bool) -> str:
    """A seeded link whose Google Ads is so."""
    for key, link in agency["links"].items():
        if wanted.items() <= link["requestedAccounts"]["Google"]["Google Ads"].items():
            return str(key)
    raise LookupError(wanted)


def services(link: Any) -> Iterator[Any]:
    for platform in link["requestedAccounts"].values():
        yield from platform.values()
