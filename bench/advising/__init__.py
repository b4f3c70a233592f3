"""What ``python -m bench advise`` puts together: stored times, and counted steps."""
