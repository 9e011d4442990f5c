"""Stands in for Shinka where it is not installed: what evaluators import of it."""
