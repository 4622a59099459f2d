"""The archive of documents, and batches of notices."""
