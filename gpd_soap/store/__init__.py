"""The relational store on SQLite and PostgreSQL: the only package of the trunk with SQL."""
