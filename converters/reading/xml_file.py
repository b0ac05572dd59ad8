"""Reading XML that may be hostile."""

import codecs
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from converters.errors import AnnotationError
from converters.files import read_limited

if TYPE_CHECKING:
    from lxml.etree import XMLParser, _Element


def load_xml(path: Path, limit: int) -> "_Element":
    """Parse an XML file without resolving entities or reaching for anything outside it.

    Args:
        path: The file.
        limit: Most bytes that are sensible.

    Returns:
        Its root element; its tags have no namespace.

    Raises:
        AnnotationError: It is too large, not XML, or declares entities.
    """
    from lxml import etree

    data = read_limited(path, limit)
    try:
        root = etree.fromstring(_without_blanks(data), _parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        raise AnnotationError(path, _what_is_wrong(data, error)) from error
    declared = root.getroottree().docinfo.internalDTD
    if declared is not None and next(declared.iterentities(), None) is not None:
        raise AnnotationError(path, "declares XML entities", "plain XML")
    if isinstance(root.tag, str) and root.tag.startswith("{"):
        _drop_namespaces(root)
    return root


def _without_blanks(data: bytes) -> bytes:
    """The document without blank lines before its first tag, which XML does not allow."""
    return data.removeprefix(codecs.BOM_UTF8).lstrip()


def _drop_namespaces(root: "_Element") -> None:
    for element in root.iter():
        if isinstance(element.tag, str):  # not a comment
            element.tag = element.tag.rpartition("}")[2]


def _what_is_wrong(data: bytes, error: Exception) -> str:
    reason, text = str(error), data.rstrip()
    open_at_end = "Premature end of data" in reason or "EndTag: '</' not found" in reason
    if open_at_end or (b"<" in text and not text.endswith(b">")):
        line = text.count(b"\n") + 1
        return f"XML that ends in line {line}, before it is complete"
    if "Invalid bytes in character encoding" in reason or "not proper UTF-8" in reason:
        return "XML in another encoding than its first line states (UTF-8 if none): correct it, or save it as UTF-8"
    return f"not valid XML ({reason.replace(' (<string>, line', ' (line')})"


@cache
def _parser() -> "XMLParser":
    from lxml import etree

    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
