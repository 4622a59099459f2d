"""Lists of notices, and the search of what a person types or scans."""
