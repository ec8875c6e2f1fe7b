"""GraphiQL at `/`, from assets that are built by `make explorer` and kept with the source.

The page loads nothing from elsewhere and runs no inline script: what it needs to know is a JSON
island in it. All files are read once, so a request never touches the disk and only names that
were read exist.
"""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

STATIC: Final = Path(__file__).parent / "static" / "graphiql"
PREFIX: Final = "/static/graphiql"

_PAGE: Final = "index.html"
_ISLAND: Final = "__GATEWAY_CONFIG__"

_MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
}

_SECURITY: Final = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",  # the editor computes styles
            "font-src 'self' data:",
            "img-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def routes(*, endpoint: str, query: str, headers: Mapping[str, str]) -> list[Route]:
    """The explorer's page and its assets, for the GraphQL `endpoint`.

    `query` fills the first tab and `headers` the headers editor of a browser that is new here.
    """
    files = {path.name.removesuffix(".gz"): path.read_bytes() for path in STATIC.glob("*.gz")}
    page = gzip.decompress(files.pop(_PAGE)).decode()
    config = {"endpoint": endpoint, "query": query, "headers": json.dumps(dict(headers), indent=2)}
    html = page.replace(_ISLAND, _json_for_html(config))

    async def explorer(request: Request) -> Response:
        return HTMLResponse(html, headers={**_SECURITY, "Cache-Control": "no-store"})

    # Not a coroutine: decompression for the rare client without gzip stays off the event loop.
    def asset(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in files:
            return Response(status_code=404, headers=_SECURITY)
        return _asset(name, files[name], request.headers.get("accept-encoding", ""))

    return [Route("/", explorer), Route(f"{PREFIX}/{{name}}", asset)]


def _asset(name: str, compressed: bytes, accept_encoding: str) -> Response:
    headers = {
        **_SECURITY,  # a worker has the policy of its own script, not the page's
        "Cache-Control": "public, max-age=31536000, immutable",  # each name holds a hash
        "Content-Type": _MEDIA_TYPES[Path(name).suffix],
        "Vary": "Accept-Encoding",
    }
    if _accepts_gzip(accept_encoding):
        return Response(compressed, headers={**headers, "Content-Encoding": "gzip"})
    return Response(gzip.decompress(compressed), headers=headers)


def _accepts_gzip(accept_encoding: str) -> bool:
    weights = {}
    for item in accept_encoding.lower().replace(" ", "").split(","):
        coding, _, weight = item.partition(";q=")
        weights[coding] = not weight or weight.strip("0.") != ""  # q=0.000 refuses too
    return weights.get("gzip", weights.get("*", False))


def _json_for_html(value: object) -> str:
    """JSON that cannot end a script element, nor begin a comment or an entity in it."""
    text = json.dumps(value)  # ASCII, so U+2028 and U+2029 are escaped already
    return text.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")
