"""One module per DVC stage: read, call the library, write."""
