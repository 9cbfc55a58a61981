"""Portals on loopback with real figures, for the demonstration and for tests; see docs/sample.md."""
