"""Examples of answers about users."""

from shared.triggers.examples.base import ETAG, Json, link
from shared.triggers.examples.registries import REGISTRY

USER: Json = {
    "registry": "demo",
    "username": "ci",
    "state": "Active",
    "syncing": False,
    "description": "builds",
    "expiresOn": "2027-02-23T07:06:00.000Z",
    "expiresAfter": "P90D",
    "etag": ETAG,
    "createdAt": "2026-11-25T07:01:00.000Z",
    "updatedAt": "2026-11-25T07:01:00.000Z",
    "secretChangedAt": "2026-11-25T07:01:00.000Z",
    "operation": None,
}
SECRET: Json = {
    "password": "w7Qk2vXh9TzPpLr4sNfD6bYcGm3JtKe8",
    "syncing": True,
    "operation": link("demo.01KAXQ5T1H6B3J8W0Z4R7N2C9G", "NotStarted"),
}
"""What an answer that shows a user's secret has in place of, or besides, the above."""
REMOVED_USER: Json = {
    "username": "ci",
    "operation": link("demo.01KAXS1F8J3R6W9Z2C5H7K0P4T", "NotStarted"),
}
DIAGNOSIS: Json = {
    "registry": "demo",
    "username": "ci",
    "canLogIn": False,
    "findings": [
        {
            "code": "UserNotFound",
            "message": "Registry 'demo' has no user named 'ci'.",
            "fix": "Did you mean 'CI'? Names are case-sensitive.",
            "blocks": True,
        }
    ],
}
IMPORTED: Json = {
    "registry": "demo",
    "lines": 10000,
    "mode": "merge",
    "operation": link("demo.01KAXT2B6G9L3P5S8V1Y4A7D0F", "NotStarted"),
}
REVEALED: Json = {
    "registry": "demo",
    "username": "dev",
    "password": SECRET["password"],
    "loginServer": REGISTRY["loginServer"],
    "operation": SECRET["operation"],
}
REVEAL_STATUS: Json = {
    "loginServer": REGISTRY["loginServer"],
    "operation": {**SECRET["operation"], "status": "Succeeded"},
}
PERSON: Json = {"username": "ci", "registries": [USER]}
