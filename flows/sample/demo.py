"""Settings under which everything is asked of the sample portals and kept apart from real data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flows.sample.server import DEFAULT_BASE_PORT, SamplePortals
from flows.settings import Settings, override


@contextmanager
def sample_settings(base_port: int = DEFAULT_BASE_PORT) -> Iterator[SamplePortals]:
    """Serve the sample portals and point this process and its children at them.

    Everything is kept in the folder `sample` of the home folder, the registry too. No mail leaves the machine,
    whatever server the environment names. The same port gives the same addresses, so a second run finds what the
    first one archived. Raises BusyError when a port is taken.
    """
    home = Settings().home / "sample"
    registry = home / "registry"
    with SamplePortals(base_port) as sample:
        sample.write_registry(registry)
        override(
            home=home,
            registry=registry,
            warehouse="",  # a file in the home, whatever lake the environment names
            private_hosts=sample.hosts,
            pace_seconds=0,
            revisit_days=0,
            revisit_old_days=0,
            smtp_host="",
        )
        yield sample
