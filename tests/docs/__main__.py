"""`scripts/docs`: writes what is generated in docs/."""

from tests.docs.generated import files

for path, content in files():
    path.write_text(content, encoding="utf-8")
