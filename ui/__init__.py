"""Every way in: command line, HTTP, chat page. Thin: parse, call, render."""

import os

# Nothing here may reach beyond this machine. The libraries read these variables when they are imported,
# so they are set before any module of this package runs.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
