"""Where Azure's portal shows what we made."""

import re

_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._~/-]")


def portal_link(subscription: str, group: str, site: str) -> str:
    """The page of an App Service site. A group's name may have parentheses and any letters: neither ends the link."""
    path = f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Web/sites/{site}"
    return f"https://portal.azure.com/#resource{_NOT_PLAIN.sub(_encoded, path)}"


def _encoded(found: re.Match[str]) -> str:
    """RFC 3986, 2.1."""
    return "".join(f"%{byte:02X}" for byte in found[0].encode())
