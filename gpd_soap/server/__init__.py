"""The processes that serve: gunicorn, its worker and how it watches itself."""
