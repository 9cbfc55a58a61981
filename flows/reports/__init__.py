"""From a Document to a Report: whose it is, which year, which format, which figure where."""

READER_VERSION = "7"
"""Raised whenever the same document may be read differently than before."""
