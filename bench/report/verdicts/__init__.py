"""Verdicts in the forms that people and CI systems read, and how they are worded."""
