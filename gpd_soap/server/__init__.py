"""The processes that serve: gunicorn's master, its workers and their limits."""
