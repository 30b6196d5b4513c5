"""Imports as tests start them, and what they look at afterwards."""

from shared.domain.operations import Operation
from shared.domain.users import htpasswd
from tests.unit.domain.examples import OTHER_HASH as OTHER
from tests.unit.services.rig import NAME, Rig, up

FILE = {f"u{number}": OTHER for number in range(7)}


def hashes(rig: Rig) -> dict[str, str]:
    """Who is in the live file, and with which hash."""
    lines = rig.share().files[htpasswd.FILE_NAME].decode().splitlines()[2:]
    return dict(line.split(":", 1) for line in lines)


def renames(rig: Rig) -> int:
    return sum(call.name == "share.rename" for call in rig.wire.calls)


def counts(operation: Operation) -> dict[str, object]:
    return {name: value for name, value in (operation.result or {}).items() if name != "proof" and value}


def check_no_trace(rig: Rig) -> None:
    """Nothing of an import is left but what it brought."""
    assert rig.registry().importing is None
    assert not [key for key in rig.state_table.rows[NAME] if key.startswith("import:")]
    assert not list(rig.state.deleting_users(NAME))


def begun(mode: str = "replace") -> tuple[Rig, Operation]:
    rig = up("alice", "u3", "zoe")
    operation = rig.import_users(FILE, mode).operation
    rig.wire.calls.clear()
    return rig, operation
