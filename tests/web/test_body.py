"""A request's body: strict JSON of a bounded size, and nothing that a form could send."""

import gzip
import json
from collections.abc import AsyncIterator, Iterable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect, Request

from gateway.web.body import LARGEST, BadRequest, GraphQLRequest, read

QUERY = "{ viewer { scopes } }"
ILL_FORMED = 422
CANARY = "canary-7f3b9c"

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def request(
    chunks: Iterable[bytes],
    content_type: str | None = "application/json",
    **more: str,
) -> tuple[Request, list[bytes]]:
    """A request with that body, and the chunks of it that nobody has taken yet."""
    headers = {**({} if content_type is None else {"content-type": content_type}), **more}
    waiting = list(chunks)

    async def receive() -> dict[str, Any]:
        if not waiting:
            return {"type": "http.disconnect"}
        chunk = waiting.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(waiting)}

    raw = [(k.replace("_", "-").encode(), v.encode("latin-1")) for k, v in headers.items()]
    return Request({"type": "http", "method": "POST", "headers": raw}, receive), waiting


async def taken(body: bytes, content_type: str | None = "application/json") -> GraphQLRequest:
    return await read(request([body], content_type)[0], ILL_FORMED)


async def refusal(
    body: bytes, content_type: str | None = "application/json", **more: str
) -> BadRequest:
    """Why the body is not taken; no reason ever repeats what was sent."""
    with pytest.raises(BadRequest) as refused:
        await read(request([body], content_type, **more)[0], ILL_FORMED)
    assert CANARY not in refused.value.message
    return refused.value


def asking(**more: Any) -> bytes:
    return json.dumps({"query": QUERY, **more}).encode()


# ── What is taken ─────────────────────────────────────────────────────────────────────────────


async def test_a_query_alone_is_a_request() -> None:
    assert await taken(asking()) == GraphQLRequest(QUERY, None, None)


async def test_variables_and_the_operations_name_come_along() -> None:
    body = asking(variables={"first": 3}, operationName="First", extensions={}, unknown=[1])

    assert await taken(body) == GraphQLRequest(QUERY, {"first": 3}, "First")


@pytest.mark.parametrize("name", [None, ""])
async def test_null_and_an_empty_name_are_as_good_as_absent(name: str | None) -> None:
    body = asking(variables=None, operationName=name, extensions=None)

    assert await taken(body) == GraphQLRequest(QUERY, None, None)


@given(variables=st.dictionaries(st.text(), json_values), cuts=st.lists(st.integers(0, 200)))
async def test_variables_arrive_as_they_were_sent_in_whatever_pieces(
    variables: dict[str, Any], cuts: list[int]
) -> None:
    body = asking(variables=variables)
    bounds = [0, *sorted(cuts), len(body)]
    pieces = [body[start:end] for start, end in pairwise(bounds)]

    found = await read(request(pieces)[0], ILL_FORMED)

    assert found.variables == variables


async def test_text_beyond_ascii_is_the_same_raw_and_escaped() -> None:
    name = "Ångström 𝒵"
    escaped = json.dumps({"query": QUERY, "variables": {"name": name}}).encode()
    raw = json.dumps({"query": QUERY, "variables": {"name": name}}, ensure_ascii=False).encode()

    assert escaped != raw
    assert (await taken(escaped)).variables == (await taken(raw)).variables == {"name": name}


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "application/json ; charset=utf8; x=y",
    ],
)
async def test_json_in_utf_8_is_a_type_that_is_taken(content_type: str) -> None:
    assert (await taken(asking(), content_type)).query == QUERY


async def test_a_body_of_exactly_the_largest_size_is_taken() -> None:
    body = asking(variables={"padding": ""})
    body = asking(variables={"padding": "x" * (LARGEST - len(body))})

    assert len(body) == LARGEST
    assert (await taken(body)).query == QUERY


# ── What is not JSON ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"query=%7Bviewer%7D",
        asking() + b"}",
        asking() + asking(),
        b"\xef\xbb\xbf" + asking(),
        b'{"query": "' + CANARY.encode() + b'\xff"}',
        b"{'query': 'x'}",
        b'{"query": "a\nb"}',
        asking().decode().encode("utf-16"),
        asking().decode().encode("utf-16-le"),
        asking().decode().encode("utf-32"),
        gzip.compress(asking(), mtime=0),
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"query": "x", "variables": {"n": ' + b"9" * 5000 + b"}}",
        b"9" * 5000,
        b'{"query": "x", "variables": {"n": NaN}}',
        b'{"query": "x", "variables": {"n": Infinity}}',
        b'{"query": "x", "variables": {"n": -Infinity}}',
        b'{"query": "x", "variables": {"n": 01}}',
        b'{"query": "\\ud800"}',
        b'{"query": "x", "variables": {"\\udfff": 1}}',
    ],
    ids=lambda body: repr(body[:24]),
)
async def test_what_is_not_strict_json_in_utf_8_is_refused_with_400(body: bytes) -> None:
    refused = await refusal(body)

    assert (refused.status, refused.message) == (400, "The body is not valid JSON.")


@pytest.mark.parametrize(
    "body",
    [
        b'{"query": "{ viewer { scopes } }", "query": "{ agencies { nodes { name } } }"}',
        b'{"query": "x", "variables": {"a": [{"b": 1, "b": 1}]}}',
        b'{"query": "x", "qu\\u0065ry": "y"}',
    ],
)
async def test_a_key_given_twice_is_refused_for_readers_differ_in_which_counts(body: bytes) -> None:
    assert (await refusal(body)).status == 400


@given(st.binary())
async def test_any_bytes_are_taken_or_refused_and_nothing_else_is_raised(body: bytes) -> None:
    assert (await refusal(body)).status in (400, ILL_FORMED)


@given(json_values)
async def test_any_json_is_taken_or_refused_and_nothing_else_is_raised(value: Any) -> None:
    assert (await refusal(json.dumps(value).encode())).status in (400, ILL_FORMED)


# ── What is JSON, but no request ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize("root", ["null", "true", "7", "0.5", '"query"', "[]", "[{}]"])
async def test_a_root_that_is_no_object_is_ill_formed(root: str) -> None:
    refused = await refusal(root.encode())

    assert refused.status == ILL_FORMED
    assert "one JSON object" in refused.message


async def test_a_batch_is_ill_formed() -> None:
    refused = await refusal(b"[" + asking() + b"," + asking() + b"]")

    assert refused.status == ILL_FORMED
    assert "batching is off" in refused.message


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("query", value) for value in (None, 1, [QUERY], {"q": QUERY}, True)),
        *(("variables", value) for value in ([], "{}", 0, False, CANARY)),
        *(("operationName", value) for value in (1, ["First"], {}, False)),
        *(("extensions", value) for value in ([], "{}", 0, False, CANARY)),
    ],
)
async def test_a_part_of_the_wrong_type_is_ill_formed_and_named(field: str, value: Any) -> None:
    refused = await refusal(json.dumps({"query": QUERY, field: value}).encode())

    assert refused.status == ILL_FORMED
    assert f"`{field}`" in refused.message


async def test_without_a_query_the_request_is_ill_formed() -> None:
    assert (await refusal(b"{}")).status == ILL_FORMED


# ── What a page elsewhere could send ──────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "text/plain; application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/graphql+json",
        "text/json",
        "application/jsonp",
        "application/json, text/plain",
        "application/json; charset=utf-16",
        "application/json; charset=latin-1",
        "application/json; charset=utf-8; charset=utf-7",
    ],
)
async def test_only_json_in_utf_8_is_taken_for_no_form_can_send_it(
    content_type: str | None,
) -> None:
    assert (await refusal(asking(), content_type)).status == 415


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "identity, gzip"])
async def test_a_compressed_body_is_refused_before_it_is_read(encoding: str) -> None:
    asked, waiting = request([gzip.compress(asking())], content_encoding=encoding)

    with pytest.raises(BadRequest) as refused:
        await read(asked, ILL_FORMED)

    assert refused.value.status == 415
    assert len(waiting) == 1


@pytest.mark.parametrize("encoding", ["identity", "Identity"])
async def test_a_body_that_says_that_it_is_not_compressed_is_taken(encoding: str) -> None:
    asked, _ = request([asking()], content_encoding=encoding)

    assert (await read(asked, ILL_FORMED)).query == QUERY


# ── What is too much ──────────────────────────────────────────────────────────────────────────


async def test_a_body_that_is_too_large_is_refused_with_413_and_not_read_to_its_end() -> None:
    chunk = b"x" * 65536
    asked, waiting = request([chunk] * 1000)

    with pytest.raises(BadRequest) as refused:
        await read(asked, ILL_FORMED)

    assert refused.value.status == 413
    assert len(waiting) == 1000 - LARGEST // len(chunk) - 1


async def test_a_caller_that_leaves_within_its_body_is_told_nothing() -> None:
    async def leaving() -> AsyncIterator[dict[str, Any]]:
        yield {"type": "http.request", "body": b'{"query"', "more_body": True}
        yield {"type": "http.disconnect"}

    messages = leaving()
    headers = [(b"content-type", b"application/json")]
    asked = Request({"type": "http", "headers": headers}, messages.__anext__)

    with pytest.raises(ClientDisconnect):
        await read(asked, ILL_FORMED)
