"""A chatbot over the sample corpus, made once for all tests of this folder."""

from pathlib import Path

import pytest

from index.library import Library
from rag.build import open_chatbot, open_library
from rag.settings import Settings

SAMPLE = Path(__file__).parents[2] / "eval" / "sets" / "sample" / "documents"


@pytest.fixture(scope="session")
def sample_library(tmp_path_factory) -> Library:
    library = open_library(Settings(home=tmp_path_factory.mktemp("sample")), create=True)
    library.sync([SAMPLE])
    return library


@pytest.fixture(scope="session")
def chatbot(sample_library):
    return open_chatbot(Settings(), sample_library)
