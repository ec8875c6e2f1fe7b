"""The explorer's page and assets over HTTP, as a browser's network stack gets them."""

import asyncio
import gzip
import hashlib
import json
import re
import socket
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from typing import Any

import pytest
import uvicorn
from aiohttp import ClientSession
from starlette.applications import Starlette

from gateway.web import explorer

HOSTILE = "</script><script>alert(1)</script><!-- &amp; \u2028\u2029 é"
SOURCES: dict[str, Any] = json.loads((explorer.STATIC / "SOURCES.json").read_text())


class Page(HTMLParser):
    """What a browser would load and what it would read as the configuration."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.scripts: list[dict[str, str | None]] = []
        self.config = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [value for name, value in attrs if name in {"src", "href"} and value]
        if tag == "script":
            self.scripts.append(dict(attrs))

    def handle_data(self, data: str) -> None:
        if self.lasttag == "script" and data.strip():
            self.config += data


@pytest.fixture
async def client() -> AsyncIterator[ClientSession]:
    routes = explorer.routes(endpoint="/graphql", query=HOSTILE, headers={"X-API-Key": HOSTILE})
    config = uvicorn.Config(Starlette(routes=routes), lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with ClientSession(url, auto_decompress=False) as session:
            yield session
        server.should_exit = True
        await serving


async def test_the_page_runs_no_inline_script_and_loads_only_what_is_served_here(
    client: ClientSession,
) -> None:
    async with client.get("/") as response:
        page = Page(await response.text())
        assert response.content_type == "text/html"

    assert [script for script in page.scripts if "src" not in script] == [
        {"type": "application/json", "id": "gateway-config"}
    ]
    assert page.loads
    for path in page.loads:
        assert path.startswith("/static/graphiql/")
        async with client.get(path) as response:
            assert response.status == 200


async def test_hostile_text_in_the_configuration_stays_data(client: ClientSession) -> None:
    async with client.get("/") as response:
        html = await response.text()

    config = json.loads(Page(html).config)
    assert config["endpoint"] == "/graphql"
    assert config["query"] == HOSTILE
    assert json.loads(config["headers"]) == {"X-API-Key": HOSTILE}
    island = re.search(r'id="gateway-config">(.*?)</script>', html, re.DOTALL)
    assert island is not None
    assert not set(island[1]) & set("<>&\u2028\u2029")


async def test_the_page_may_load_and_reach_nothing_but_its_own_origin(
    client: ClientSession,
) -> None:
    async with client.get("/") as response:
        headers = response.headers

    policy = dict(
        item.strip().split(" ", 1) for item in headers["Content-Security-Policy"].split(";")
    )
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "font-src": "'self' data:",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("accepted", ["gzip", "br, gzip;q=0.5", "*", "identity", "gzip;q=0, *", ""])
async def test_every_asset_is_what_the_sources_say_in_gzip_and_without(
    client: ClientSession, accepted: str
) -> None:
    for name, digest in SOURCES["files"].items():
        if name == "index.html":
            continue
        path = f"/static/graphiql/{name}"
        async with client.get(path, headers={"Accept-Encoding": accepted}) as response:
            body = await response.read()
        zipped = accepted in {"gzip", "br, gzip;q=0.5", "*"}
        assert response.headers.get("Content-Encoding") == ("gzip" if zipped else None)
        assert hashlib.sha256(gzip.decompress(body) if zipped else body).hexdigest() == digest
        assert response.headers["Vary"] == "Accept-Encoding"
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_scripts_and_styles_have_their_content_types(client: ClientSession) -> None:
    expected = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
    for name in SOURCES["files"]:
        if content_type := expected.get(name.rpartition(".")[2]):
            async with client.get(f"/static/graphiql/{name}") as response:
                assert response.content_type == content_type


@pytest.mark.parametrize(
    "name",
    [
        "absent.js",
        "index.html",
        "SOURCES.json",
        "LICENSES.txt",
        "%2e%2e%2f%2e%2e%2fexplorer.py",
        "..%5c..%5cexplorer.py",
        "%00",
        "",
    ],
)
async def test_other_names_are_not_found(client: ClientSession, name: str) -> None:
    async with client.get(f"/static/graphiql/{name}") as response:
        assert response.status == 404


def test_the_folder_holds_what_was_built_and_nothing_else() -> None:
    built = {f"{name}.gz" for name in SOURCES["files"]}
    assert {path.name for path in explorer.STATIC.iterdir()} == {
        *built,
        "SOURCES.json",
        "LICENSES.txt",
    }


def test_the_same_build_compresses_to_the_same_bytes_anywhere() -> None:
    for path in explorer.STATIC.glob("*.gz"):
        flags_and_time = path.read_bytes()[3:8]
        assert flags_and_time == bytes(5), f"{path.name} holds a name or a time"
