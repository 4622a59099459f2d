"""The keys of the admin API: listed, made and revoked over the API."""
