"""Models that learn from data without labels, one layer after the other, and the deep networks that begin with them."""
