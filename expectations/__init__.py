"""Great Expectations over the marts: suites made from data, run inside DuckDB, four outcomes."""
