"""Queries, paths and small bodies that the API and the commands both read."""
