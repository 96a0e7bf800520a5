"""The checkout that a flow works in, seen through DVC and git."""
