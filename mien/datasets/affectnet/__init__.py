"""Readers of AffectNet: the original distribution, the crops of 2021, AffectNet+, and what others made of them."""
