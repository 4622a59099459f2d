"""Reads and writes of the node face: queries, settlement, matching, and a scan of all notices."""
