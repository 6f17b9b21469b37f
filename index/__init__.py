"""Documents in, ranked passages out. Knows nothing of questions, prompts or answers."""
