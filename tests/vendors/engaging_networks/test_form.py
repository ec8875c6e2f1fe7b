"""The form is what any reader of multipart/form-data understands, with a gap for the token."""

from email import message_from_bytes
from email.message import Message
from email.policy import HTTP

from hypothesis import given
from hypothesis import strategies as st

from gateway.vendors.engaging_networks.client.form import Form, form

values = st.text(max_size=30)
contents = st.binary(max_size=200)


def filled(fields: list[tuple[str, str]], content: bytes) -> Form:
    return form(fields, file="upload", content=content, gap_in="token")


def parsed(made: Form, token: bytes) -> dict[str, bytes]:
    body = made.body[: made.gap] + token + made.body[made.gap :]
    head = f"Content-Type: {made.content_type}\r\n\r\n".encode()
    whole = message_from_bytes(head + body, policy=HTTP)
    parts: dict[str, bytes] = {}
    for part in whole.get_payload():
        assert isinstance(part, Message)
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        parts[str(name)] = content
    assert list(parts)[-1] == "token"
    return parts


def test_a_file_its_fields_and_the_token_arrive_as_they_were() -> None:
    made = filled([("name", "Café ☂"), ("formatName", "A\r\nB")], b"Email\r\nana@example.org")

    assert parsed(made, b"secret") == {
        "name": "Café ☂".encode(),
        "formatName": b"A\r\nB",
        "upload": b"Email\r\nana@example.org",
        "token": b"secret",
    }
    assert b'filename="import.csv"\r\nContent-Type: text/csv\r\n\r\n' in made.body
    assert "Café" not in repr(made)


@given(values, contents)
def test_the_parts_stand_apart_whatever_they_hold(name: str, content: bytes) -> None:
    made = filled([("name", name)], content)
    boundary = made.content_type.partition("boundary=")[2].encode()

    pieces = made.body.split(b"--" + boundary)
    assert len(pieces) == 5
    assert pieces[1].endswith(b"\r\n\r\n" + name.encode() + b"\r\n")
    assert pieces[2].endswith(b"text/csv\r\n\r\n" + content + b"\r\n")
    assert pieces[3].endswith(b'name="token"\r\n\r\n\r\n')
    assert pieces[4] == b"--\r\n"


@given(values, contents)
def test_the_same_file_makes_the_same_bytes(name: str, content: bytes) -> None:
    assert filled([("name", name)], content) == filled([("name", name)], content)


def test_a_file_that_holds_its_own_boundary_gets_another_one() -> None:
    made = filled([], b"one")
    boundary = made.content_type.partition("boundary=")[2]
    # The boundary follows from the content alone, so one that is known must be looked out for.
    hostile = f"--{boundary}--".encode()

    assert boundary not in filled([], hostile).content_type
    assert hostile in parsed(filled([], hostile), b"")["upload"]
