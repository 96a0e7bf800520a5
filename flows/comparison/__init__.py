"""Presets one after the other in one checkout: which and in what order, one of them, what is left for people."""
