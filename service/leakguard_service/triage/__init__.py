"""Working findings off: life cycle, questions, figures."""
