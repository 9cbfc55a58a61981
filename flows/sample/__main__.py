"""`python -m flows.sample [BASE_PORT]`: serve the sample portals until Ctrl-C."""

from __future__ import annotations

import sys

from flows.errors import GongkaiError, InputError
from flows.sample.server import DEFAULT_BASE_PORT, serve


def main(arguments: list[str]) -> int:
    """Serve from the base port given, 8471 when there is none; returns the exit code."""
    try:
        if len(arguments) > 1 or not all(argument.isdigit() for argument in arguments):
            raise InputError("the only argument of flows.sample is the base port, a number such as 8471")
        serve(int(arguments[0]) if arguments else DEFAULT_BASE_PORT)
    except GongkaiError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the sentence is meant for the terminal
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
