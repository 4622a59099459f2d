"""The relational store: the only place that knows SQL, on SQLite and on PostgreSQL alike."""
