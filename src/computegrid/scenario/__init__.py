"""What is asked: the facts (scenario) and the rules (regime)."""
