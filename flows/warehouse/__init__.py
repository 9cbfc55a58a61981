"""The warehouse: a DuckDB file with one writer, its `raw` schema, and the copy that readers open.

`load_batches` writes staged batches into `raw`, `run_dbt` builds the marts from it, `publish` hands readers a copy.
"""
