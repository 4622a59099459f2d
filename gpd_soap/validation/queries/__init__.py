"""Models of queries, paths and small bodies, for the API and the commands."""
