"""Pages as answers, and why there is none as a page of its own."""

from typing import TYPE_CHECKING

from shared.bootstrap import services
from shared.domain.errors import ApiError
from shared.triggers.answers import Answer, Text, refusal

if TYPE_CHECKING:
    from shared.pages.html import Page

# ruff: noqa: PLC0415 - only who shows a page needs what pages are made with

HTML = "text/html"
SIGN_IN = "/.auth/login/aad?post_login_redirect_uri=/api/status"
"""Of App Service authentication."""
_TITLES = {
    400: "This address is not right",
    401: "This page needs a status link",
    404: "There is no such registry here",
    503: "The status page is not available just now",
}


def shown_page(found: "Page", accepted_codings: str) -> Answer:
    """Compressed for whoever asks for that: of a page of many registries less than a tenth is left."""
    takes_gzip = "gzip" in {coding.strip().lower() for coding in accepted_codings.split(",")}
    headers = {**found.headers, "Vary": "Accept-Encoding"}
    return Answer(200, Text(found.html, HTML, is_compressed=takes_gzip), headers)


def refused_page(error: ApiError) -> Answer:
    """The error for a person at a browser, with the headers that every client gets."""
    from shared.pages.html import Refused, refused_page

    offers_login = error.status == 401 and services().settings.website_auth_enabled
    found = refused_page(
        Refused(
            status=error.status,
            code=error.code,
            title=_TITLES.get(error.status, "This did not work"),
            message=error.message,
            fix=error.fix,
            sign_in=SIGN_IN if offers_login else "",
            takes_link=error.status == 401,
        )
    )
    return Answer(error.status, Text(found.html, HTML), {**refusal(error).headers, **found.headers})
