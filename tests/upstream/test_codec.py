"""SOAP envelopes: what is written can be read, and what a hostile vendor sends is refused."""

import re
import time
from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.domain.failures import BadInput, Malformed
from gateway.upstream.codec import (
    ENVELOPE,
    MAX_BYTES,
    MAX_DEPTH,
    MAX_ELEMENTS,
    Children,
    Content,
    Element,
    Fault,
    Gap,
    child,
    envelope,
    parse_envelope,
    text,
    texts,
)

NS = "urn:example"

WRITABLE = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
)
NAMES = st.from_regex(r"[a-z][a-zA-Z0-9]{0,8}", fullmatch=True)
CONTENT: st.SearchStrategy[Content] = st.recursive(
    WRITABLE, lambda inner: st.lists(st.tuples(NAMES, inner), max_size=4), max_leaves=12
)


def wrapped(inner: bytes) -> bytes:
    return b"".join(
        (b'<s:Envelope xmlns:s="', ENVELOPE.encode(), b'"><s:Body>', inner, b"</s:Body>")
    ) + (b"</s:Envelope>")


def parsed(body: bytes) -> Element:
    answer = parse_envelope(body)
    assert not isinstance(answer, Fault)
    return answer


def content_of(element: Element) -> object:
    """The content as `envelope` took it; no children and no text look alike."""
    if len(element):
        return [(str(each.tag), content_of(each)) for each in element]
    return element.text or ""


def same(content: Content) -> object:
    if isinstance(content, str):
        return content
    assert isinstance(content, Sequence)
    return [(name, same(inner)) for name, inner in content] or ""


# ── Writing ───────────────────────────────────────────────────────────────────────────────────


@given(st.lists(st.tuples(NAMES, CONTENT), max_size=5))
def test_what_is_written_is_read_again_as_it_was(children: Children) -> None:
    body, gap = envelope(NS, "ask", children)
    answer = parsed(body)
    assert answer.tag == f"{{{NS}}}ask"
    assert content_of(answer) == same(children)
    assert gap == 0


@given(WRITABLE, WRITABLE, WRITABLE)
def test_a_secret_fits_exactly_into_the_gap(before: str, secret: str, after: str) -> None:
    children = (("before", before), ("secret", Gap.HERE), ("after", after))
    body, gap = envelope(NS, "ask", children)
    quoted = secret.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").encode()
    answer = parsed(body[:gap] + quoted + body[gap:])
    assert content_of(answer) == [("before", before), ("secret", secret), ("after", after)]


@pytest.mark.parametrize("text", ["<?gap ?>", "<?gap?>", "&lt;?gap ?&gt;", "]]><?gap ?>"])
def test_nobody_can_move_the_gap_with_text_of_theirs(text: str) -> None:
    body, gap = envelope(NS, "ask", (("name", text), ("secret", Gap.HERE)))
    answer = parsed(body[:gap] + b"here" + body[gap:])
    assert content_of(answer) == [("name", text), ("secret", "here")]


def test_a_header_stands_before_the_body_in_the_namespace_with_plain_children() -> None:
    body, gap = envelope(NS, "ask", (), ("session", (("id", Gap.HERE),)))
    root = etree.fromstring(body[:gap] + b"s1" + body[gap:])
    assert [each.tag for each in root] == [f"{{{ENVELOPE}}}Header", f"{{{ENVELOPE}}}Body"]
    assert root.findtext(f"{{{ENVELOPE}}}Header/{{{NS}}}session/id") == "s1"


@pytest.mark.parametrize("character", ["\x00", "\x08", "\x1f", "\ud800", "\ufffe", "\uffff"])
def test_text_that_xml_cannot_hold_is_bad_input_that_is_not_echoed(character: str) -> None:
    with pytest.raises(BadInput) as told:
        envelope(NS, "ask", (("name", f"canary{character}"),))
    assert told.value.field == ("name",)
    assert "canary" not in f"{told.value!r}"


# ── Reading ───────────────────────────────────────────────────────────────────────────────────


def test_the_prefix_does_not_matter_and_the_namespace_does() -> None:
    inner = b'<x xmlns="urn:example"><id xmlns="">7</id></x>'
    for prefix in (b"s", b"SOAP-ENV", b"soapenv"):
        body = re.sub(rb"(</?|xmlns:)s([:=])", rb"\g<1>" + prefix + rb"\g<2>", wrapped(inner))
        assert body.count(prefix) >= 5
        assert parsed(body).tag == "{urn:example}x"
    with pytest.raises(Malformed):
        parse_envelope(wrapped(inner).replace(ENVELOPE.encode(), b"urn:another"))


def test_headers_comments_and_instructions_are_passed_over() -> None:
    body = wrapped(b"<!-- a --><?b c?><x><id>1<!-- b -->2</id></x>").replace(
        b"<s:Body>", b"<s:Header/><s:Body>"
    )
    assert text(parsed(body), "id") == "12"


def test_a_byte_order_mark_and_a_declaration_are_fine() -> None:
    body = b'\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8"?>' + wrapped(b"<x/>")
    assert parsed(body).tag == "x"


def test_a_fault_is_told_by_its_namespace_and_hides_its_words() -> None:
    detail = b'<detail><a:E xmlns:a="urn:a"><code>7</code></a:E></detail>'
    inner = b"<faultcode>s:Server</faultcode><faultstring>canary</faultstring>" + detail
    fault = parse_envelope(wrapped(b"<s:Fault>" + inner + b"</s:Fault>"))
    assert isinstance(fault, Fault)
    assert (fault.code, fault.message) == ("s:Server", "canary")
    assert fault.detail is not None
    found = child(fault.detail, "E")
    assert found is not None
    assert text(found, "code") == "7"
    assert "canary" not in repr(fault)
    assert not isinstance(parse_envelope(wrapped(b"<Fault/>")), Fault)


def test_a_bare_fault_is_a_fault() -> None:
    assert parse_envelope(wrapped(b"<s:Fault/>")) == Fault("", "", None)


def test_texts_are_trimmed_and_the_first_of_a_name_counts() -> None:
    row = parsed(wrapped(b"<x><a> 1 </a><a>2</a><b/><c> </c><d><e>3</e></d><f xmlns='u'>4</f></x>"))
    assert texts(row) == {"a": "1", "f": "4"}
    assert text(row, "f") == "4"
    assert text(row, "b") is None
    assert child(row, "none") is None


LAUGHS = b"".join(
    (
        b'<!DOCTYPE x [<!ENTITY a "ha">',
        *(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12)),
        b"]>",
    )
)


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"canary",
        b"<canary",
        b"\x00" * 100,
        b"\xff\xfe<canary/>",
        b"<html><body>canary</body></html>",
        b"<canary/>" + wrapped(b"<x/>"),
        wrapped(b""),
        wrapped(b"canary"),
        wrapped(b"<x>\xff</x>"),
        wrapped(b"<x>&canary;</x>"),
        wrapped(b"<x>\x08</x>"),
        wrapped(b"<x><y></x></y>"),
        wrapped(b"<x/>")[:-3],
        LAUGHS + wrapped(b"<x>&a11;</x>"),
        b" " * 2000 + b"<!DOCTYPE x>" + wrapped(b"<x/>"),
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + wrapped(b"<x/>"),
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:9/">]>' + wrapped(b"<x>&e;</x>"),
        ('<?xml version="1.0" encoding="utf-16"?>' + wrapped(b"<x/>").decode()).encode("utf-16"),
        f'<!DOCTYPE x SYSTEM "u">{wrapped(b"<x/>").decode()}'.encode("utf-16-le"),
        b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE x+AD4-' + wrapped(b"<x/>"),
    ],
)
def test_what_is_no_plain_envelope_is_malformed_and_not_echoed(hostile: bytes) -> None:
    with pytest.raises(Malformed) as told:
        parse_envelope(hostile)
    assert "canary" not in f"{told.value!r}{told.value.__cause__!r}"
    assert told.value.__suppress_context__ or told.value.__context__ is None


def test_depth_has_a_bound() -> None:
    room = MAX_DEPTH - 2
    assert parsed(wrapped(b"<x>" * room + b"</x>" * room)).tag == "x"
    for depth in (room + 1, 300, 100_000):
        with pytest.raises(Malformed):
            parse_envelope(wrapped(b"<x>" * depth + b"</x>" * depth))


def test_the_number_of_elements_has_a_bound() -> None:
    room = MAX_ELEMENTS - 3
    assert len(parsed(wrapped(b"<x>" + b"<y/>" * room + b"</x>"))) == room
    with pytest.raises(Malformed):
        parse_envelope(wrapped(b"<x>" + b"<y/>" * (room + 1) + b"</x>"))


def test_length_has_a_bound_however_simple_the_answer() -> None:
    with pytest.raises(Malformed):
        parse_envelope(wrapped(b"<x>" + b"y" * MAX_BYTES + b"</x>"))


@pytest.mark.parametrize(
    "hostile",
    [
        LAUGHS + wrapped(b"<x>&a11;</x>"),
        b"<a " + b" ".join(b'a%d=""' % n for n in range(700_000)) + b"/>",
        b"<a b='>' " + b'a="" ' * 700_000 + b"/>",
        b"<a " + b" ".join(b'xmlns:n%d="u"' % n for n in range(300_000)) + b"/>",
        b"<a>" + b"".join(b"<n%d/>" % n for n in range(190_000)) + b"</a>",
        b"<a>" + b"<b/>" * 1_900_000 + b"</a>",
        b"<a>" * 1_000_000,
        b"<a x='" + b'"' * 8_000_000,
        b"<a '" * 190_000,
    ],
    ids=["laughs", "attributes", "hidden", "namespaces", "names", "many", "deep", "quote", "torn"],
)
def test_a_bomb_is_refused_in_linear_time(hostile: bytes) -> None:
    """The bound is generous, as machines differ; all but `quote` take under 0.1 s here."""
    began = time.perf_counter()
    with pytest.raises(Malformed):
        parse_envelope(hostile)
    assert time.perf_counter() - began < 1.5


def test_a_full_page_of_five_thousand_rows_is_within_all_bounds() -> None:
    row = b"<return>" + b"".join(b"<f%d>text &amp; text</f%d>" % (n, n) for n in range(8))
    answer = parsed(wrapped(b"<x>" + (row + b"</return>") * 5000 + b"</x>"))
    assert len(answer) == 5000


@given(st.binary(max_size=300))
def test_no_bytes_at_all_raise_anything_else(body: bytes) -> None:
    for hostile in (body, wrapped(body)):
        with suppress(Malformed):
            assert parse_envelope(hostile) is not None
