"""The answerers: extractive (no language model) and chat_model (any LangChain chat model)."""
