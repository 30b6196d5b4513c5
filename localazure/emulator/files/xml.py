"""XML as the service writes it. Names that XML cannot hold are percent-encoded and marked `Encoded`."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote
from xml.etree import ElementTree

# Everything outside https://www.w3.org/TR/xml/#charsets, and the surrogates of file names that are not UTF-8.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Node:
    """An element: its name, its text, its attributes, and the elements inside."""

    name: str
    text: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: Sequence["Node"] = ()


def document(root: Node) -> bytes:
    """The node as a UTF-8 document with a declaration."""
    text: bytes = ElementTree.tostring(_element(root), encoding="utf-8", xml_declaration=True)
    return text


def name_node(tag: str, name: str) -> Node:
    """A file, directory or prefix name, as in Microsoft's "List Directories and Files"."""
    if not needs_encoding(name):
        return Node(tag, name)
    return Node(tag, encoded(name), {"Encoded": "true"})


def needs_encoding(name: str) -> bool:
    """Whether a name holds characters that may not stand in XML."""
    return _NOT_XML.search(name) is not None


def encoded(name: str) -> str:
    """The name percent-encoded; `/` stays."""
    return quote(os.fsencode(name))


def _element(node: Node) -> ElementTree.Element:
    element = ElementTree.Element(node.name, dict(node.attributes))
    element.text = _NOT_XML.sub("\ufffd", node.text) if node.text else node.text
    element.extend([_element(child) for child in node.children])
    return element
