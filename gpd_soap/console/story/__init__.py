"""The story of a notice: what happened, how it stands, and what to say about it.

Everything here is computed from facts and an instant.  The pages word it in each language.
"""
