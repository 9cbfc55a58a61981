"""Errors that a person is told about: one sentence each (what, where, what to do) and an exit code."""

from __future__ import annotations

EXIT_OK = 0
EXIT_FINDINGS = 1
"""The work was done and found something: a failed balance in `check`, a pipeline fault in `run`."""
EXIT_BAD_INPUT = 2
EXIT_UNREACHABLE = 3
EXIT_BUSY = 4
EXIT_INTERNAL = 70


class GongkaiError(Exception):
    """Base of all errors whose text is meant for the person at the terminal."""

    exit_code = EXIT_BAD_INPUT


class InputError(GongkaiError):
    """A file, a registry entry or an argument is not what it should be."""


class UnreachableError(GongkaiError):
    """A portal, a mail server or a warehouse did not answer or refused."""

    exit_code = EXIT_UNREACHABLE


class BusyError(GongkaiError):
    """Another process holds what this one needs."""

    exit_code = EXIT_BUSY


class PipelineError(GongkaiError):
    """A stage ran and its own product is wrong; nothing was published."""

    exit_code = EXIT_FINDINGS
