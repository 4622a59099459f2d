"""Pages on which an operator signs in, or proves a factor again."""
