"""Who is asked: Zhida itself, any OpenAI-compatible endpoint, or a file of answers from anywhere."""
