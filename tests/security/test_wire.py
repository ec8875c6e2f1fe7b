"""What comes over the wire and is none of GraphQL over HTTP is refused before it is read."""

import asyncio
import json
from urllib.parse import urlsplit

from gateway.config import Profile
from gateway.web.app import face
from tests.conftest import Open
from tests.gateways import Gateway

QUESTION = json.dumps({"query": "{ viewer { name } }"}).encode()


async def status_of(gateway: Gateway, request: bytes) -> int:
    """The status of the first answer to raw bytes."""
    port = urlsplit(gateway.url).port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        async with asyncio.timeout(5):
            return int((await reader.readline()).split()[1])
    finally:
        writer.close()
        await writer.wait_closed()


def post(*headers: str, body: bytes = QUESTION) -> bytes:
    """A question by POST; `headers` stand beside what every question has."""
    lines = ["POST /graphql HTTP/1.1", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


LOCAL, JSON = "Host: 127.0.0.1", "Content-Type: application/json"


KEYS = {
    "X-API-Key: {key}": 200,
    "Authorization: Bearer {key}": 200,
    "Authorization: bearer  {key}": 200,
    "Authorization: Basic {key}": 401,
    "Authorization: Bearer\t{key}": 401,
    "Authorization: Bearer {key}0": 401,
    "Authorization: Bearer": 401,
    "Authorization: \r\nX-API-Key: {key}": 401,
    "Authorization: Bearer no\r\nX-API-Key: {key}": 401,
    "Authorization: Bearer no\r\nAuthorization: Bearer {key}": 401,
    "X-API-Key: {key},{key}": 401,
    "X-API-Key: \xe9{key}": 401,
    "Cookie: key={key}": 401,
}


async def test_a_key_is_known_in_its_two_places_only(gateway: Gateway) -> None:
    told = {}
    for form in KEYS:
        signed = form.format(key=gateway.keys["Harbour"])
        told[form] = await status_of(gateway, post(LOCAL, JSON, signed))
    assert told == KEYS


TYPES = (
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json; charset=utf-16",
    "xapplication/json",
    "application/graphql",
)


async def test_no_type_that_a_page_can_send_unasked_is_taken(gateway: Gateway) -> None:
    signed = f"X-API-Key: {gateway.keys['Harbour']}"
    for kind in TYPES:
        assert await status_of(gateway, post(LOCAL, f"Content-Type: {kind}", signed)) == 415, kind


BODIES = (
    b"null",
    b'{"query":NaN}',
    b'{"query":"{viewer{name}}","variables":{"a":Infinity}}',
    b"[" * 100_000,
    b"1" * 5_000,
    b'{"query":"\xff"}',
    b"\xef\xbb\xbf" + QUESTION,
    b'{"query":"query A{__typename} query B{__typename}","operationName":"\\ud800"}',
    b'{"query":"{__typename}","variables":{"\\udfff":1}}',
)


async def test_a_body_that_is_no_json_object_of_text_is_refused_and_never_a_fault(
    gateway: Gateway,
) -> None:
    signed = f"X-API-Key: {gateway.keys['Harbour']}"
    newer = "Accept: application/graphql-response+json"
    for body in BODIES:
        request = post(LOCAL, JSON, signed, newer, body=body)
        assert await status_of(gateway, request) == 400, body[:60]


async def test_two_lengths_of_one_body_are_refused(gateway: Gateway) -> None:
    signed = f"X-API-Key: {gateway.keys['Harbour']}"
    for second in ("Content-Length: 4", "Transfer-Encoding: chunked"):
        assert await status_of(gateway, post(LOCAL, JSON, signed, second)) == 400


HOSTS = {
    "Host: 127.0.0.1:8000": 200,
    "Host: LOCALHOST": 200,
    "Host: [::1]:8000": 200,
    "Host: rebound.example": 400,
    "Host: 127.0.0.1.rebound.example": 400,
    "Host: localhost@rebound.example": 400,
    "Host: rebound.example\r\nHost: localhost": 400,
    "Host: rebound.example\r\nX-Forwarded-Host: localhost": 400,
    "X-Nothing: 1": 400,
}


async def test_the_explorer_answers_this_machines_names_only(open_gateway: Open) -> None:
    """A page elsewhere that rebinds its name to this machine would read the key in the explorer."""
    async with open_gateway(face=face(Profile.DEVELOPMENT)) as gateway:
        told = {
            host: await status_of(gateway, f"GET / HTTP/1.1\r\n{host}\r\n\r\n".encode())
            for host in HOSTS
        }
    assert told == HOSTS
