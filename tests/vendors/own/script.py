"""What the public scripts of Own's users do, without our adapter."""

from dataclasses import dataclass
from typing import Any

import aiohttp

from .served import Served, Time

TOKEN_PATH = "/oauth2/aus4c3z3l8FqrbqDU4h7/v1/token"


@dataclass
class Script:
    """What the public scripts do: form in, bearer out, then GETs and form-urlencoded POSTs."""

    served: Served
    time: Time
    http: aiohttp.ClientSession

    async def exchange(self, agency: str = "Harbour", **changed: str) -> tuple[int, Any]:
        told = self.served.double.describe(self.served.url)["agencies"].get(agency, {})
        form = {
            "grant_type": "refresh_token",
            "scope": "api:access",
            "refresh_token": told.get("api_token", "own_gone"),
            "client_id": "0oa4c413eq8wwcEzP4h7",
            **changed,
        }
        async with self.http.post(self.served.url + TOKEN_PATH, data=form) as answer:
            return answer.status, await answer.json()

    async def bearer(self, agency: str = "Harbour") -> str:
        _, body = await self.exchange(agency)
        return str(body["access_token"])

    async def get(self, path: str, bearer: str) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {bearer}"}
        async with self.http.get(self.served.url + path, headers=headers) as answer:
            return answer.status, await answer.json()

    async def post(self, path: str, bearer: str, body: Any = None) -> tuple[int, Any]:
        """`body`: fields of a form, or an `aiohttp.FormData` for a multipart one."""
        headers = {"Authorization": f"Bearer {bearer}"}
        url = self.served.url + path
        async with self.http.post(url, headers=headers, data=body) as answer:
            return answer.status, await answer.json()

    @property
    def effects(self) -> list[dict[str, Any]]:
        """What was written, without the time."""
        told = self.served.double.effects()
        return [{key: one for key, one in row.items() if key != "at"} for row in told]
