"""Readers: each turns one source into the same table of faces and array of images."""
