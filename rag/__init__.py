"""A question in, a checked answer with citations out."""
