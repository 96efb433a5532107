"""Benchmarks against what users would pick instead."""
