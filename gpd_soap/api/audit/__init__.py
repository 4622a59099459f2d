"""The audit: each change with its actor, and each reading of persons' data; for administrators."""
