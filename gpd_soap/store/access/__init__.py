"""API keys, idempotent requests, and the audit of changes."""
