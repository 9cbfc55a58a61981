"""From bytes to a Document: ordered blocks, each a paragraph or a grid of cells. Knows nothing of reports."""

from flows.documents.document import (
    Block,
    Box,
    Document,
    Grid,
    GridCell,
    Link,
    Paragraph,
    UnreadableDocument,
    Word,
)
from flows.documents.limits import Limits
from flows.documents.reader import read_document

__all__ = [
    "Block",
    "Box",
    "Document",
    "Grid",
    "GridCell",
    "Limits",
    "Link",
    "Paragraph",
    "UnreadableDocument",
    "Word",
    "read_document",
]
