"""The command line: one module per verb. What scans is imported when a verb runs, not before."""
