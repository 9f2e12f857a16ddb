"""One answer: its totals, the figures formed from them, and what every kind of answer says."""
