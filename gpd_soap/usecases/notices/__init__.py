"""One notice as a person sees it: all its facts together, and what the Node would be answered."""
