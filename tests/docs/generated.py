"""The files and tables in docs/ that are made from the code."""

import json
from collections.abc import Iterator
from pathlib import Path

import function_app
from shared.settings import Settings
from shared.triggers.openapi import document
from tests.docs import api_page, chat_page

ROOT = Path(function_app.__file__).parent
DEFAULTS = Settings(
    azure_subscription_id="-",
    azure_resource_group="-",
    public_url="https://berthage.example",
    probe_key="-" * 32,
)


def files() -> Iterator[tuple[Path, str]]:
    """Each generated file with what must stand in it."""
    openapi = document(DEFAULTS, DEFAULTS.public_url)
    yield ROOT / "docs" / "openapi.json", json.dumps(openapi, indent=1) + "\n"
    page = ROOT / "docs" / "api.md"
    yield page, api_page.filled(page.read_text(encoding="utf-8"), DEFAULTS, openapi)
    chat = ROOT / "docs" / "chatops.md"
    yield chat, chat_page.filled(chat.read_text(encoding="utf-8"))
