"""The library and the chatbot over the sample corpus, as the tests of rag have them."""

from tests.rag.conftest import chatbot, sample_library

__all__ = ["chatbot", "sample_library"]
