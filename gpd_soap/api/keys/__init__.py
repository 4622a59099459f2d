"""The keys of the admin face, made and revoked over itself."""
