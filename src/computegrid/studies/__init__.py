"""Many answers: comparisons, freezes, the price of sovereignty, frontiers."""
