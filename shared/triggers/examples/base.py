"""What examples have in common: one registry, its operations, and how an answer names them."""

from typing import Any

type Json = dict[str, Any]

BASE = "https://berthage.example/api"
UID = "01KAXQ3Z4TB6C8D0E2F4H6J8K0"
ETAG = f'"{UID[-8:]}.1"'
CREATE, UPDATE = "demo.01KAXQ3Z6V8Y0T9M2N4P5R7S1W", "demo.01KAXR0C4T7N1V5Q8X2M6P9K3D"


def link(operation_id: str, status: str = "") -> Json:
    """An operation, as an answer names it."""
    link = {"id": operation_id, "url": f"{BASE}/operations/{operation_id}"}
    return {**link, "status": status} if status else link
