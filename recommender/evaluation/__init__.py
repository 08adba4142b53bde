"""How good is a model? Splits, metrics, the baselines it must beat, new members, and plots."""
