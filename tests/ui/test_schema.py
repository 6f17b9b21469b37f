"""Requests made up from the API's own description: whatever comes, the server never breaks.

SCHEMA_EXAMPLES sets how many requests are made up for each operation (15; a long run takes 500).
"""

import os
import shutil

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from rag.build import open_chatbot
from rag.settings import Settings
from tests.ui.serving import serving
from ui.server import create_app

schemathesis = pytest.importorskip(
    "schemathesis", reason="SKIPPED: schemathesis is not installed (make test installs it)"
)
EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "15"))
OPERATIONS = (
    ("/api/ask", "POST"),
    ("/api/sources/{passage_id}", "GET"),
    ("/api/documents", "POST"),
    ("/api/documents", "GET"),
    ("/api/documents", "DELETE"),
    ("/api/documents/uploads/{upload_id}", "GET"),
    ("/api/conversations", "POST"),
    ("/api/conversations", "GET"),
    ("/api/conversations/{conversation_id}", "GET"),
    ("/api/conversations/{conversation_id}", "PATCH"),
    ("/api/conversations/{conversation_id}", "DELETE"),
    ("/api/conversations/{conversation_id}/export", "GET"),
    ("/api/feedback", "POST"),
    ("/v1/models", "GET"),
    ("/v1/chat/completions", "POST"),
    ("/healthz", "GET"),
    ("/readyz", "GET"),
    ("/metrics", "GET"),
)


@pytest.fixture(scope="module")
def schema(home, tmp_path_factory):
    copy = tmp_path_factory.mktemp("schema") / "home"
    shutil.copytree(home, copy)
    app = create_app(open_chatbot(Settings(home=copy)), Settings(home=copy), chat=False)
    with serving(app) as url:
        yield schemathesis.openapi.from_url(f"{url}/api/openapi.json")


def test_no_operation_is_left_out(schema):
    described = {(path, method.upper()) for path in schema for method in schema[path]}
    assert described == set(OPERATIONS)


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_nothing_that_is_sent_breaks_the_server(schema, path, method):
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    @given(case=schema[path][method].as_strategy())
    def send(case):
        response = case.call(timeout=90)
        assert response.status_code < 500, response.text
        if response.status_code >= 400:
            assert "error" in response.json()

    send()
