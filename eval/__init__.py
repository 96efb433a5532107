"""The evaluation harness: suites, statistics, reports and comparisons."""
