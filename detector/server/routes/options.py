"""The options that requests have in their addresses."""

from typing import Annotated, Literal

from fastapi import Query

from detector.server.answers import Format

Conf = Annotated[float | None, Query(ge=0, le=1, description="Leave out faces with a score up to this.")]
Classes = Annotated[
    str | None,
    Query(description="Leave out all other classes: names or ids, separated by commas.", examples=["without_mask"]),
]
Tile = Annotated[
    str | None,
    Query(description="`off`, `auto`, or a side in pixels: look in tiles for small faces.", examples=["auto"]),
]
Multiscale = Annotated[Literal["auto", "off"] | None, Query(description="Also look at the whole picture small.")]
AnswerFormat = Annotated[Format, Query(alias="format", description="The form of the answer.")]
