"""`make_app`: the application with its routes, its checks and what starts and ends with it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI

from detector import __version__
from detector.inference.detector import Detector
from detector.server.batching_queue import BatchingQueue
from detector.server.collection import Collection
from detector.server.documentation import describe
from detector.server.metrics import MeasuredRequests
from detector.server.problems import handle_errors
from detector.server.routes import collect, live, model, page, predict, videos
from detector.server.security import Security
from detector.server.state import Parts, ServerState
from detector.server.video_jobs import VideoJobs

if TYPE_CHECKING:
    from detector.monitor.config.watch import WatchConfig
    from detector.server.live import LiveView

_ROUTERS = tuple(routes.router for routes in (predict, videos, collect, live, model, page))
_DESCRIPTION = "Finds every face in a picture or video and says whether its mask is worn, missing or worn incorrectly."


def make_app(
    state: ServerState,
    load: Callable[[], Detector],
    on_ready: Callable[[BaseException | None], None] = lambda _: None,
    watch: "WatchConfig | None" = None,
) -> FastAPI:
    """The application.

    Args:
        state: What its routes share.
        load: Loads the network; called in a thread when the application starts.
        on_ready: Called when requests are taken, or with the error of `load`.
        watch: The cameras to watch.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        loading = asyncio.create_task(_start(state, load, on_ready, watch))
        yield
        state.draining = True
        await asyncio.wait([loading])
        if state.parts is not None:
            await asyncio.to_thread(state.parts.close)

    app = FastAPI(
        title="mask-detector",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # FastAPI's pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.server = state
    handle_errors(app)
    for router in _ROUTERS:
        app.include_router(router)
    app.state.routes = [route for router in _ROUTERS for route in router.routes]
    describe(app, needs_token=state.settings.token is not None)
    app.add_middleware(Security, settings=state.settings)
    app.add_middleware(MeasuredRequests, metrics=state.metrics)
    return app


def _live_view(config: "WatchConfig", detector: Detector) -> "LiveView":
    from detector.server.live import LiveView, sharing_network  # it needs the libraries of `watch`

    return LiveView(config, sharing_network(config, detector))


async def _start(
    state: ServerState,
    load: Callable[[], Detector],
    on_ready: Callable[[BaseException | None], None],
    watch: "WatchConfig | None",
) -> None:
    try:
        state.parts = await asyncio.to_thread(_load, state, load, watch)
    except BaseException as error:
        on_ready(error)
        return
    on_ready(None)


def _load(state: ServerState, load: Callable[[], Detector], watch: "WatchConfig | None") -> Parts:
    detector, settings = load(), state.settings
    collection = None if settings.collect is None else Collection(settings.collect, detector.names)
    live = None if watch is None else _live_view(watch, detector)
    if live is not None:
        state.metrics.registry.register(live.collector)
    queue = BatchingQueue(detector, settings.queue, max_pixels=settings.max_pixels, max_tiles=settings.max_tiles)
    state.metrics.add_gauge("queue_taken", "Places of the queue that are taken.", lambda: queue.taken)
    jobs = VideoJobs(detector, state.folder / "videos", settings)
    state.metrics.add_gauge("videos", "Videos that wait or are looked at.", jobs.unfinished)
    return Parts(detector, queue, jobs, live, collection)
