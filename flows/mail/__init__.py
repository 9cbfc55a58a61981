"""The digest of findings: who is told what, rendered, kept in the outbox and sent."""
