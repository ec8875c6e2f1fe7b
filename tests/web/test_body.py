"""A request is strict JSON in UTF-8 of bounded size, or it is refused with the right status."""

import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from gateway.web.body import LARGEST, BadRequest, GraphQLRequest, read

JSON = "application/json"


async def taken(body: bytes, kind: str | None = JSON, **headers: str) -> GraphQLRequest:
    """What is read of a body that comes in pieces."""
    given = {**headers, **({} if kind is None else {"content-type": kind})}
    raw = [(name.encode(), value.encode()) for name, value in given.items()]
    size = max(1, len(body) // 3)
    pieces = [body[start : start + size] for start in range(0, len(body), size)] or [b""]

    async def receive() -> dict[str, Any]:
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    return await read(Request({"type": "http", "headers": raw}, receive), ill_formed=422)


async def refused(body: bytes, kind: str | None = JSON, **headers: str) -> tuple[int, str]:
    with pytest.raises(BadRequest) as caught:
        await taken(body, kind, **headers)
    return caught.value.status, caught.value.message


def encoded(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


async def test_a_request_is_read_and_what_is_unknown_is_ignored() -> None:
    body = encoded(
        query="{ a }", variables={"x": [1, None]}, operationName="A", extensions={}, more=1
    )
    assert await taken(body) == GraphQLRequest("{ a }", {"x": [1, None]}, "A")


@pytest.mark.parametrize("name", [None, ""])
async def test_absent_null_and_empty_mean_the_same(name: str | None) -> None:
    expected = GraphQLRequest("{ a }", None, None)
    assert await taken(encoded(query="{ a }")) == expected
    body = encoded(query="{ a }", variables=None, operationName=name, extensions=None)
    assert await taken(body) == expected


@pytest.mark.parametrize(
    "body",
    [b"[1]", b"1", b"null", b'"{ a }"', b"true", b"[]", b'[{"query": "{ a }"}]', b"{}"]
    + [encoded(query=value) for value in (None, 1, ["{ a }"], {})]
    + [encoded(query="{ a }", variables=value) for value in (1, "x", [], True)]
    + [encoded(query="{ a }", operationName=value) for value in (1, [], {})]
    + [encoded(query="{ a }", extensions=value) for value in (1, [], "x")],
)
async def test_json_that_is_no_request_is_ill_formed(body: bytes) -> None:
    status, _ = await refused(body)
    assert status == 422


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{ a }",
        b"query=%7B+a+%7D",
        b'{"query": "{ a }"} {}',
        b'{"query": "{ a }",}',
        b'{"query": "\xff\xfe"}',
        b'\xef\xbb\xbf{"query": "{ a }"}',
        '{"query": "{ a }"}'.encode("utf-16"),
        b'{"query": "{ a }", "variables": {"x": NaN}}',
        b'{"query": "{ a }", "variables": {"x": Infinity}}',
        b'{"query": "{ a }", "variables": {"x": -Infinity}}',
        b'{"query": "{ a }", "variables": {"x": ' + b"1" * 5_000 + b"}}",
        b'{"query": "{ a }", "variables": {"x": "\\ud800"}}',
        b'{"query": "\\udfff"}',
        b'{"query": "{ a }", "variables": {"\\ud800": 1}}',
        b"[" * 100_000,
        b'{"query": "{ a }", "variables": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":' * 100_000,
        gzip.compress(encoded(query="{ a }")),
    ],
)
async def test_what_is_not_json_is_refused_without_an_echo(body: bytes) -> None:
    assert await refused(body) == (400, "The body is not valid JSON.")


async def test_a_whole_surrogate_pair_is_text() -> None:
    body = b'{"query": "{ a }", "variables": {"x": "\\ud83d\\ude00"}}'
    assert (await taken(body)).variables == {"x": "😀"}


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "zstd", "gzip, identity"])
async def test_a_compressed_body_is_not_taken(encoding: str) -> None:
    body = gzip.compress(encoded(query="{ a }"))
    status, message = await refused(body, **{"content-encoding": encoding})
    assert (status, message) == (415, "A compressed body is not taken.")


@pytest.mark.parametrize(
    "kind",
    [
        None,
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/graphql-response+json",
        "text/json",
        "application/json, text/plain",
        "application/jsonp",
        "application/json; charset=iso-8859-1",
        "application/json; charset=utf-16",
    ],
)
async def test_what_a_form_could_send_is_not_taken(kind: str | None) -> None:
    status, _ = await refused(encoded(query="{ a }"), kind)
    assert status == 415


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "Application/JSON",
        "application/json;charset=UTF-8",
        'application/json; charset="utf-8"',
        "application/json; profile=x",
    ],
)
async def test_json_in_utf_8_is_taken(kind: str) -> None:
    assert (await taken(encoded(query="{ a }"), kind)).query == "{ a }"


@pytest.mark.parametrize(("extra", "fits"), [(0, True), (1, False), (1 << 20, False)])
async def test_a_body_larger_than_the_most_is_refused(extra: int, fits: bool) -> None:
    frame = encoded(query="")
    body = encoded(query="#" * (LARGEST - len(frame) + extra))
    if fits:
        assert len((await taken(body)).query) == LARGEST - len(frame)
    else:
        status, _ = await refused(body)
        assert status == 413


async def test_reading_stops_at_the_most(monkeypatch: pytest.MonkeyPatch) -> None:
    received = 0

    async def receive() -> dict[str, Any]:
        nonlocal received
        received += 1 << 16
        return {"type": "http.request", "body": b" " * (1 << 16), "more_body": True}

    request = Request({"type": "http", "headers": [(b"content-type", JSON.encode())]}, receive)
    with pytest.raises(BadRequest):
        await read(request, ill_formed=400)
    assert received <= LARGEST + (1 << 16)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.text(), st.none() | st.dictionaries(st.text(), json_values), st.none() | st.text())
async def test_a_request_is_read_as_it_was_written(
    query: str, variables: Any, name: str | None
) -> None:
    body = encoded(query=query, variables=variables, operationName=name)
    assert await taken(body) == GraphQLRequest(query, variables, name or None)


@given(st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
async def test_any_body_is_read_or_refused_with_a_status(body: bytes) -> None:
    try:
        assert isinstance(await taken(body), GraphQLRequest)
    except BadRequest as refused:
        assert refused.status in (400, 422)  # noqa: PT017 - either is right
