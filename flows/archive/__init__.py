"""The archive: WARC files and their index. Collecting ends here, reading begins here."""
