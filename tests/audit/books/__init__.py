"""The books of a site, read as docs/records.md describes them; see ../check.py."""
