"""Scanning documents for statements that contradict each other."""
