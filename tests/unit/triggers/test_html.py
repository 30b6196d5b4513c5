"""Pages as answers: compressed for whoever takes that."""

import gzip

import pytest

from shared.pages.html import Page
from shared.triggers.html import shown_page

PAGE = Page("<!doctype html><p>\u00fc</p>" * 99, {"Referrer-Policy": "no-referrer"})


@pytest.mark.parametrize(
    ("accepted", "is_compressed"),
    [
        ("", False),
        ("identity", False),
        ("gzip", True),
        ("GZIP", True),
        ("br, gzip, deflate", True),
        ("gzip;q=0", False),
        ("xgzip", False),
    ],
)
def test_a_page_is_compressed_for_whoever_asks_for_it(accepted: str, is_compressed: bool) -> None:
    response = shown_page(PAGE, accepted).response()
    body = response.get_body()
    assert (gzip.decompress(body) if is_compressed else body).decode() == PAGE.html
    assert response.headers.get("Content-Encoding") == ("gzip" if is_compressed else None)
    assert response.headers["Vary"] == "Accept-Encoding"
    assert response.headers["Referrer-Policy"] == "no-referrer"
