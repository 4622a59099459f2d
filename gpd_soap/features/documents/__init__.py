"""Notices as PDF documents: their codes, their pages, and the check before they are released.

The other modules need the extra `documents` of the package; `codes`, `cleaning`, `notice`, `pages`
and `wordings` are pure and need the standard library alone.
"""
