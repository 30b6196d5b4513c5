"""The API described: the OpenAPI document, and a page that renders it with Swagger UI. Both are for anybody."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import azure.functions as func

from shared.bootstrap import services
from shared.domain.errors import ApiError
from shared.services.requests import Caller
from shared.triggers.answers import Answer, Text, base
from shared.triggers.endpoint import endpoint
from shared.triggers.request_models.base import AssetRequest, PlainRequest

# ruff: noqa: PLC0415 - a process that never shows the document does not pay for making it

bp = func.Blueprint()  # type: ignore[no-untyped-call] # the SDK has no types there

ASSETS_FROM = "flask_swagger_ui"
"""The package whose `dist` folder has Swagger UI. It is never imported: only its files are wanted."""
MEDIA_TYPES = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}
START = """\
SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
});
"""
PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Berthage API</title>
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
<link rel="icon" href="data:,">
</head>
<body>
<main id="swagger-ui"></main>
<noscript>This page needs JavaScript. The document itself: <a href="/api/openapi.json">/api/openapi.json</a></noscript>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/api/docs/start.js"></script>
</body>
</html>
"""
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Swagger UI sets styles on its elements; scripts come from here alone."""
ASSET_HEADERS = {"Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff"}


@endpoint(bp, "GET", "openapi.json", PlainRequest, {200: ("application/json",)}, needs=None)
def get_openapi(asked: PlainRequest, caller: Caller) -> Answer:
    """Show this document."""
    _ = asked, caller
    return Answer(200, Text(_document(), "application/json"))


@endpoint(bp, "GET", "docs", PlainRequest, {200: ("text/html",)}, needs=None)
def get_docs(asked: PlainRequest, caller: Caller) -> Answer:
    """Show a page that renders this document."""
    _ = asked, caller
    return Answer(200, Text(PAGE, "text/html"), PAGE_HEADERS)


@endpoint(
    bp, "GET", "docs/{asset}", AssetRequest, {200: ("text/javascript", "text/css")}, needs=None, fails=(404,)
)
def get_docs_asset(asked: AssetRequest, caller: Caller) -> Answer:
    """Show a script or a style of that page."""
    _ = caller
    if asked.asset == "start.js":
        return Answer(200, Text(START, "text/javascript"), ASSET_HEADERS)
    if asked.asset not in MEDIA_TYPES:
        known = ", ".join(["start.js", *MEDIA_TYPES])
        raise ApiError(404, "AssetNotFound", "There is no such file here.", f"There are: {known}.")
    return Answer(200, Text(_asset(asked.asset), MEDIA_TYPES[asked.asset]), ASSET_HEADERS)


@cache
def _document() -> str:
    import json

    from shared.triggers.openapi import document

    return json.dumps(document(services().settings, base()), indent=1)


@cache
def _asset(name: str) -> str:
    spec = find_spec(ASSETS_FROM)
    [folder] = spec.submodule_search_locations or [] if spec else []
    return (Path(folder) / "dist" / name).read_text(encoding="utf-8")
