"""Verdicts in the forms that people and CI systems read: one file for each."""

from bench.report.verdicts.writing import Form, write

__all__ = ["Form", "write"]
