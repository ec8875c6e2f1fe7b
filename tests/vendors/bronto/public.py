"""zeep, a public SOAP client, as it comes; what works with it here works with the vendor."""

import asyncio
from typing import Any

import pytest
import requests
import zeep
from zeep.exceptions import Fault


class Public:
    """zeep, started from the double's own WSDL, in a thread of its own."""

    def __init__(self, url: str, session: requests.Session) -> None:
        self._client = zeep.Client(url, transport=zeep.Transport(session=session))
        self._session: str | None = None

    async def login(self, token: str) -> str:
        self._session = None
        self._session = await self.call("login", apiToken=token)
        assert self._session is not None
        return self._session

    async def call(self, operation: str, **arguments: Any) -> Any:
        headers = {"sessionHeader": {"sessionId": self._session}} if self._session else None
        method = getattr(self._client.service, operation)
        return await asyncio.to_thread(method, _soapheaders=headers, **arguments)


async def refused(call: Any) -> int:
    """The number of the fault that a call ends in, which its detail must repeat."""
    with pytest.raises(Fault) as told:
        await call
    code, _, _ = told.value.message.partition(":")
    detail = told.value.detail.findtext("{http://api.bronto.com/v4}ApiException/errorCode")
    assert detail == code
    return int(code)
