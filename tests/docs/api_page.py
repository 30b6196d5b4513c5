"""The parts of docs/api.md that are made from the code. What stands between them is written by hand."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from shared.domain.registries.registry_spec import Policy, defaults
from shared.triggers.endpoint import ENDPOINTS, Endpoint
from shared.triggers.examples import operations, registries, users
from shared.triggers.examples.errors import error_example
from tests.docs.changes import Change, change_of
from tests.docs.curl_examples import CurlExample, curl_examples, preamble
from tests.docs.field_tables import answer_fields, code, table, takes

type Json = dict[str, Any]

PART = re.compile(r"(<!-- scripts/docs writes: (?P<name>[\w ]+) -->\n)(?P<old>.*?)(<!-- end -->)", re.DOTALL)
WIDTH = 110


def filled(page: str, policy: Policy, document: Json) -> str:
    """`page` with every part as the code says it now."""
    return fill(page, dict(_parts(policy, document)))


def fill(page: str, parts: Mapping[str, str]) -> str:
    """`page` with these parts."""
    places = [found["name"] for found in PART.finditer(page)]
    assert sorted(places) == sorted(parts), "a part has no place, or a place no part"
    return PART.sub(lambda found: f"{found[1]}{parts[found['name']]}\n{found[4]}", page)


def _parts(policy: Policy, document: Json) -> Iterator[tuple[str, str]]:
    schemas = document["components"]["schemas"]
    registry, user = schemas["RegistrySpec"]["properties"], schemas["UserSpec"]["properties"]
    made = defaults(policy).model_dump(mode="json", by_alias=True)
    yield "routes", _routes()
    yield "registry fields", _registry_fields(policy, schemas, registry, made)
    yield "registry answer", answer_fields(schemas, "RegistryView", leave_out=registry)
    yield "registry", _shown(registries.REGISTRY)
    yield "user fields", _user_fields(schemas, user)
    yield "user answer", answer_fields(schemas, "UserView", leave_out=user.keys() - {"password"})
    yield "user", _shown({**users.USER, **users.SECRET})
    yield "operation", _shown(operations.OPERATION)
    yield "health", _shown(registries.HEALTH)
    yield "error", _shown(error_example(400))
    yield "curl", "\n\n".join(_curl())


def _routes() -> str:
    order = [endpoint for name in curl_examples() if (endpoint := ENDPOINTS.get(name))]
    return table(("method and path", "role", "answers", "does"), [_route(each) for each in order])


def _route(endpoint: Endpoint) -> tuple[str, ...]:
    summary = " ".join(endpoint.summary.partition("\n\n")[0].split())
    answers = " ".join(code(status) for status in endpoint.answers)
    return f"[{_path(endpoint)}](#{_anchor(endpoint)})", _role(endpoint), answers, summary


def _path(endpoint: Endpoint) -> str:
    return code(f"{endpoint.method} /api/{endpoint.route}")


def _anchor(endpoint: Endpoint) -> str:
    """As GitHub makes it of the heading."""
    kept = re.sub(r"[^\w\- ]", "", f"{endpoint.method} /api/{endpoint.route}".lower())
    return kept.replace(" ", "-")


def _role(endpoint: Endpoint) -> str:
    need = endpoint.needs
    if need is None:
        return "no key"
    if need.role is None:
        return "any"
    words = [need.role, *(["own user: Member"] if need.own else [])]
    words += [f"`{name}={value}`: {role}" for (name, value), role in need.unless.items()]
    return ", ".join(words)


def _registry_fields(policy: Policy, schemas: Json, asked: Json, made: Json) -> str:
    rows = []
    for name, field in asked.items():
        change = change_of(policy, name, field)
        default, does = code(json.dumps(made[name])), str(field.get("description", ""))
        rows.append((code(name), default, takes(field, schemas), change.changeable, _restarts(change), does))
    return table(("field", "default", "allowed", "changeable?", "restarts the site?", ""), rows)


def _restarts(change: Change) -> str:
    return "" if change.restarts is None else "yes" if change.restarts else "no"


def _user_fields(schemas: Json, asked: Json) -> str:
    """No user has anything to do with a site: none of its fields restarts one, and each can be changed."""
    rows = [
        (code(name), _default(field), takes(field, schemas), "yes", "no", str(field.get("description", "")))
        for name, field in asked.items()
    ]
    return table(("field", "default", "allowed", "changeable?", "restarts the site?", ""), rows)


def _default(field: Json) -> str:
    """Of a user's field: what is not sent is not there."""
    is_switch = any(each.get("type") == "boolean" for each in field.get("anyOf", [field]))
    return code("false") if is_switch else "nothing"


def _shown(value: object) -> str:
    return f"```json\n{in_few_lines(value)}\n```"


def in_few_lines(value: object, indent: str = "", room: int = WIDTH) -> str:
    """As JSON; what is inside stands in one line where it fits."""
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or (indent and len(line) <= room):
        return line
    deeper = indent + "  "
    if isinstance(value, list):
        parts, ends = [in_few_lines(each, deeper, WIDTH - len(deeper)) for each in value], "[]"
    else:
        pairs = [(json.dumps(name), each) for name, each in value.items()]
        parts = [f"{name}: {in_few_lines(v, deeper, WIDTH - len(deeper) - len(name))}" for name, v in pairs]
        ends = "{}"
    return f"{ends[0]}\n{deeper}" + f",\n{deeper}".join(parts) + f"\n{indent}{ends[1]}"


def _curl() -> Iterator[str]:
    yield f"```bash\n{preamble()}\n```"
    for name, found in curl_examples().items():
        if endpoint := ENDPOINTS.get(name):
            yield f"### {_path(endpoint)}\n\n{_block(found)}"


def _block(found: CurlExample) -> str:
    return f"```bash\n{found.text}\n```"
