"""Statements of a text, and who stands behind them."""
