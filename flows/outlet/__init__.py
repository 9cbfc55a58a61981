"""What leaves the published copy: pages and tables for people, queries, workbooks, releases, the walk back."""
