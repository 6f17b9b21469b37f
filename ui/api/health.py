"""/healthz, /readyz and /metrics: for whatever looks after the process."""

from __future__ import annotations

import logging

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from index.errors import ZhidaError
from ui.access import may, subject_of
from ui.access.guard import needs
from ui.api.errors import INTERNAL, failure
from ui.api.models import refused, told
from ui.service import ServiceOf

READY = {"status": "ready", "generation": 42, "documents": 10, "passages": 134, "notices": []}

_log = logging.getLogger("zhida")


router = APIRouter(tags=["运行 operation"])


@router.get(
    "/healthz",
    response_model=None,
    responses={200: told({"status": "ok"}, "进程活着 the process lives")},
    summary="进程是否活着 is the process alive",
)
@needs("see-health")
async def healthz(service: ServiceOf) -> Response:
    """Says that the process lives."""
    return JSONResponse({"status": "stopping" if service.admission.draining else "ok"})


@router.get(
    "/readyz",
    response_model=None,
    responses={
        200: told(READY, "可以提问，第一个问题也会很快 ready, and the first question will be fast"),
        **refused(503),
    },
    summary="能否提问 can questions be asked",
)
@needs("see-health")
def readyz(request: Request, service: ServiceOf) -> Response:
    """Says whether questions can be asked, and to an administrator what there is."""
    if service.admission.draining:
        return failure(request, 503, "服务正在关闭 the service is stopping")
    if not service.warm:
        return failure(request, 503, "正在启动 starting")
    try:
        status = service.library.status()
    except ZhidaError:
        raise  # told by the handler of such errors, with 503 as well
    except Exception:  # noqa: BLE001 - whatever the reason, a service that cannot say what it holds is not ready
        _log.exception("not ready")
        return failure(request, 503, INTERNAL)
    if not may(subject_of(request), "see-metrics"):
        return JSONResponse({"status": "ready"})  # how much there is may be somebody's secret
    return JSONResponse(
        {
            "status": "ready",
            "generation": service.library.generation,
            "documents": status.documents,
            "passages": status.passages,
            "notices": service.notices(),
        }
    )


@router.get(
    "/metrics",
    response_model=None,
    responses={
        200: {
            "description": "Prometheus",
            "content": {"text/plain": {"example": "zhida_answers_running 2.0\n"}},
        }
    },
    summary="Prometheus 指标 figures for Prometheus",
)
@needs("see-metrics")
def metrics(service: ServiceOf) -> Response:
    """All figures."""
    service.measure()
    return Response(service.metrics.text(), media_type=CONTENT_TYPE_LATEST)
