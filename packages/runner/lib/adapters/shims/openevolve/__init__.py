"""Stands in for OpenEvolve where it is not installed: what evaluators import of it."""

from openevolve.evaluation_result import EvaluationResult

__all__ = ["EvaluationResult"]
