"""The web application: a JSON API and one page."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from ..errors import UcchError
from .limits import Limits
from .schemas import MAX_ID, EncodeAnswer, EncodeRequest, Health, Item, Reason, SearchAnswer, SearchRequest
from .service import SearchService

__all__ = ["MAX_BYTES", "PATIENCE", "RATE", "create_app"]

MAX_BYTES, RATE, PATIENCE = 10 * 2**20, 100.0, 30.0
_REFUSALS: dict[int | str, dict[str, Any]] = {code: {"model": Reason} for code in (400, 408, 413, 422, 429)}
_KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_Id = Annotated[str, Query(alias="id", min_length=1, max_length=MAX_ID)]
_log = logging.getLogger("ucch.serving")


def create_app(
    service: SearchService,
    *,
    max_bytes: int = MAX_BYTES,
    rate: float = RATE,
    hosts: frozenset[str] | None = None,
    patience: float = PATIENCE,
) -> FastAPI:
    """Make the application around a service.

    Routes: ``POST /search``, ``POST /encode``, ``GET /item?id=``, ``GET /picture?id=``, ``GET /health``,
    ``GET /openapi.json`` and the page at ``/``. Every refusal is JSON with a ``reason``.

    Args:
        service: what answers.
        max_bytes, rate, hosts, patience: see :class:`Limits`.
    """
    app = FastAPI(title="ucch", version=version("ucch"), docs_url=None, redoc_url=None)  # those pages load from outside
    app.add_middleware(Limits, max_bytes=max_bytes, rate=rate, hosts=hosts, patience=patience)
    _add_page(app)
    _add_refusals(app)

    @app.post("/search", responses=_REFUSALS)
    def search(request: SearchRequest) -> SearchAnswer:
        """Find the items nearest to words, a picture, a code or an item."""
        return service.search(request)

    @app.post("/encode", responses=_REFUSALS)
    def encode(request: EncodeRequest) -> EncodeAnswer:
        """Give the code of words or a picture."""
        return service.encode(request)

    @app.get("/health", responses=_REFUSALS)
    def health() -> Health:
        """Say what is served."""
        return service.health()

    @app.get("/item", responses={404: {"model": Reason}, **_REFUSALS})
    def item(name: _Id) -> Item:
        """Show an item with all its texts."""
        try:
            return service.item(name)
        except UcchError as error:
            raise HTTPException(404, str(error)) from error

    @app.get("/picture", response_class=Response, responses={404: {"model": Reason}, **_REFUSALS})
    def picture(
        name: _Id,
        size: Literal["thumbnail", "full"] = "thumbnail",
    ) -> Response:
        """Show the picture of an item of the index."""
        if service.pictures is None:
            raise HTTPException(404, "no pictures are served; name their folder with --images")
        try:
            content = service.pictures.jpeg(name, size)
        except UcchError as error:
            raise HTTPException(404, str(error)) from error
        return Response(content, media_type="image/jpeg", headers={"cache-control": "max-age=3600"})

    return app


def _add_page(app: FastAPI) -> None:
    for file in (resources.files("ucch.serving") / "page").iterdir():
        kind = f"{_KINDS[Path(file.name).suffix]}; charset=utf-8"
        path = "/" if file.name == "index.html" else f"/{file.name}"
        app.add_api_route(path, _static(file.read_bytes(), kind), methods=["GET"], include_in_schema=False)


def _static(content: bytes, kind: str) -> Callable[[], Response]:
    def serve() -> Response:
        return Response(content, media_type=kind)

    return serve


def _add_refusals(app: FastAPI) -> None:
    @app.exception_handler(UcchError)
    def refuse(_: Request, error: UcchError) -> JSONResponse:
        return _reason(422, str(error))

    @app.exception_handler(RequestValidationError)
    def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        parts = []
        for one in error.errors():
            place = ".".join(str(part) for part in one["loc"][1:] if part != "body")
            parts.append(f"{place}: {one['msg']}" if place else one["msg"])
        return _reason(422, "; ".join(parts))

    @app.exception_handler(HTTPException)
    def other(_: Request, error: HTTPException) -> JSONResponse:
        return _reason(error.status_code, str(error.detail), error.headers)

    @app.exception_handler(Exception)
    def failed(_: Request, error: Exception) -> JSONResponse:
        _log.error("a request failed", exc_info=error)
        return _reason(500, "the server failed; its log says why")


def _reason(status: int, reason: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"reason": reason.encode("utf-8", "replace").decode()}, status_code=status, headers=headers)
