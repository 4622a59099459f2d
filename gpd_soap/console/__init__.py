"""The operators' console: pages in HTML on the admin listener; the only Jinja."""
