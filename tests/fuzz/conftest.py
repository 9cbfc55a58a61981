"""How many examples: few by default, many with `--hypothesis-profile fuzz` (`make fuzz`)."""

from hypothesis import HealthCheck, settings

COMMON = {"deadline": None, "suppress_health_check": list(HealthCheck)}
settings.register_profile("few", max_examples=60, derandomize=True, **COMMON)
settings.register_profile("fuzz", max_examples=1_000, database=None, print_blob=True, **COMMON)
settings.load_profile("few")
