"""Examples of answers about callers and their links."""

from shared.triggers.examples.base import BASE, Json

STATUS_LINK: Json = {
    "url": f"{BASE}/status#WyIqIiwxNzcxODMyNzYwXQ.c2lnbmF0dXJlLW9mLXRoaXMtZXhhbXBsZQ",
    "registry": "*",
    "expiresOn": "2027-02-23T07:06:00.000Z",
}
WHOAMI: Json = {
    "actor": "key:ci",
    "kind": "key",
    "name": "ci",
    "roles": [{"role": "Operator", "registry": "payments-*"}],
}
