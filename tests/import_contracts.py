"""An import-linter contract for packages that share a namespace.

import-linter sees `azure.functions` and `azure.mgmt.web` as one external package, `azure`. This contract reads the
import lines themselves and tells them apart.
"""

import re
from collections.abc import Iterator

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

_IMPORTED = re.compile(r"(?:from|import)\s+([\w.]+)")


class NamespaceContract(Contract):
    """Inside `source`, `namespace` may be imported only as `allowed_imports` say: `importer -> package`.

    Both sides stand for themselves and all below them. `from azure import mgmt` names no package and is refused:
    write `import azure.mgmt`. Indirect imports are the business of other contracts.
    """

    type_name = "namespace"

    source = fields.StringField()
    namespace = fields.StringField()
    allowed_imports = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002 - the base class names it
        """Broken by every import line of `source` that no rule allows."""
        illegal = sorted(self._illegal(graph))
        return ContractCheck(kept=not illegal, metadata={"illegal": illegal})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """One line for each illegal import."""
        for line in check.metadata["illegal"]:
            output.print_error(f"- {line}", bold=False)

    def _illegal(self, graph: ImportGraph) -> Iterator[str]:
        source, namespace = str(self.source), str(self.namespace)
        for importer in graph.find_modules_that_directly_import(namespace):
            if not _below(importer, source):
                continue
            for found in graph.get_import_details(importer=importer, imported=namespace):
                if not self._is_allowed(importer, found["line_contents"]):
                    yield f"{importer}:{found['line_number']}: {found['line_contents']}"

    def _is_allowed(self, importer: str, line: str) -> bool:
        named = _IMPORTED.match(line.strip())
        rules = (str(rule).split(" -> ") for rule in self.allowed_imports)  # type: ignore[attr-defined] # parsed: a list
        return named is not None and any(
            _below(importer, above) and _below(named[1], package) for above, package in rules
        )


def _below(module: str, above: str) -> bool:
    return module == above or module.startswith(f"{above}.")
