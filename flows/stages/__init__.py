"""A stage as a task: ask DVC, bring up to date what is not, say in the state's name what happened."""
