"""`/v1/model`, `/healthz`, `/readyz` and `/metrics`."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from detector import __version__
from detector.media.colours import hex_of
from detector.server.documentation import answers, json, problems, text
from detector.server.state import State

router = APIRouter(tags=["server"])

_LIMITS = ("max_bytes", "max_pixels", "max_frames", "max_seconds", "max_tiles", "queue", "jobs", "keep_seconds")
_OPTIONS = ("conf", "iou", "max_det", "tile", "multiscale", "gamma", "agnostic_nms")


@router.get(
    "/v1/model",
    summary="The network, its classes and the limits of this server",
    responses=answers(json("Model"), "What it is.", 503),
)
async def model(state: State) -> dict[str, Any]:
    """Names of files only: where they lie is nobody's business."""
    detector = state.ready().detector
    options = asdict(detector.settings)
    return {
        "version": __version__,
        "weights": detector.weights.name,
        "names": list(detector.names),
        "colours": {name: hex_of(name) for name in detector.names},
        "imgsz": detector.imgsz,
        "options": {name: options[name] for name in _OPTIONS},
        "limits": {name: getattr(state.settings, name) for name in _LIMITS},
        "live": state.ready().live is not None,
        "collect": state.settings.collect is not None,
    }


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", summary="The server runs")
async def healthz() -> dict[str, str]:
    """Is answered also while the network is loaded."""
    return {"status": "ok"}


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", summary="The server takes requests", responses=problems(503))
async def readyz(state: State) -> JSONResponse:
    """503 while it starts and while it ends."""
    state.ready()
    return JSONResponse({"status": "ready"})


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    responses=answers(text("text/plain"), "All metrics."),
    response_class=Response,
)
async def metrics(state: State) -> Response:
    """In Prometheus' text format."""
    return Response(state.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
