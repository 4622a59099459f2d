"""The audit: each change over the admin API with its key, for administrators."""
