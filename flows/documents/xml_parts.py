"""XML parts of packages, parsed without entities, networks or unbounded depth."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Any

from flows.documents.document import UnreadableDocument, too_deep
from flows.documents.limits import Limits


def open_package(payload: bytes) -> zipfile.ZipFile:
    """The package of some bytes that were found to be one."""
    return zipfile.ZipFile(io.BytesIO(payload))


def xml_part(package: zipfile.ZipFile, name: str, limits: Limits) -> Any:  # noqa: ANN401 - lxml has no types
    """Root element of one part. Raises `UnreadableDocument` for a part that is missing, broken or nested too deep."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(package.read(name), parser)
    except etree.XMLSyntaxError as error:
        if "depth" in str(error):
            raise too_deep(limits) from error
        raise broken_package(error) from error
    except (KeyError, ValueError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise broken_package(error) from error


def broken_package(error: Exception) -> UnreadableDocument:
    """The refusal of a package whose parts are not what they should be."""
    return UnreadableDocument(f"The package is broken ({type(error).__name__}); fetch it again.")
