"""Statements about the same events, who denies what, and the pairs that follow from them."""
