"""Verdicts in the forms that people and CI systems read: one file for each."""
