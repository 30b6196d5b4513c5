"""A registry whose resources tests look at, and ways into their bodies."""

from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import strategies as st

from shared.domain.registries.registry import Registry
from shared.domain.resources.graph import Context, Node, graph
from shared.domain.resources.resource import ACCOUNT_KEY, HTTP_SECRET
from tests.unit.domain.examples import desired, registry

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
CONTEXT = Context(SUBSCRIPTION, "berthage")
SECRETS = {ACCOUNT_KEY: "the+account/key==", HTTP_SECRET: "the-http-secret"}
DEMO = registry(image="registry:3.0.0", sku="S1", storage_replication="ZRS", tags={"team": "payments"})


wanted = st.builds(
    desired,
    sku=st.sampled_from(["B1", "S1"]),
    image=st.sampled_from(["registry:2.8.3", "registry:3.0.0"]),
    storage_replication=st.sampled_from(["LRS", "ZRS"]),
    delete_enabled=st.booleans(),
    read_only=st.booleans(),
    log_level=st.sampled_from(["debug", "info", "warn", "error"]),
    allowed_ip_ranges=st.sampled_from([None, [], ["203.0.113.0/24", "2001:db8::/32"]]),
    tags=st.dictionaries(st.text("abc", min_size=1, max_size=3), st.text("xyz{}-", max_size=12), max_size=3),
)


def nodes(of: Registry = DEMO) -> dict[str, Node]:
    return {node.step: node for node in graph(of, CONTEXT)}


def body(step: str, of: Registry = DEMO) -> Any:
    return nodes(of)[step].body


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a body with its dotted path."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{number}]")
    else:
        yield path, value
