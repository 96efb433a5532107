"""Measures of `nli scan` and its parts, on texts with gold marks."""
