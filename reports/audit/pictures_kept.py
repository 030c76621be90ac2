"""Parts that were looked at although the archive did not keep all their pictures, as on a full disk.

Such a record is no break: it says itself that it names no picture. But nobody can look at the part again, so
whoever examines the record must see how many there are. How many views a recipe has is not on record; the
most pictures that any part of the same recipe version has stand for it, and one at least.
"""

import json
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import aliased

from reports.record.schema import InspectionRow, PictureRow


class Kept(NamedTuple):
    """Of one part: what it was judged by, and how many pictures its record names."""

    recipe: tuple[int, int]
    """Id and version."""
    pictures: int
    record: str


def count_not_kept(parts: Iterable[Kept]) -> int:
    """Of ``parts``, those that were looked at and lack a picture."""
    among = list(parts)
    views: dict[tuple[int, int], int] = {}
    for part in among:
        views[part.recipe] = max(views.get(part.recipe, 1), part.pictures)
    return sum(part.pictures < views[part.recipe] and _looked_at(part.record) for part in among)


def count_not_kept_on_record(connection: Connection) -> int:
    """The same of all parts in the database. Raises SQLAlchemyError."""
    row, later = InspectionRow, aliased(InspectionRow)
    parts = (
        select(row.position, row.recipe_id, row.recipe_version, func.count(PictureRow.view).label("kept"))
        .outerjoin(PictureRow, PictureRow.position == row.position)
        .outerjoin(later, later.supersedes == row.position)
        .where(later.position.is_(None), row.missed.is_(None))  # a picture may be kept late
        .group_by(row.position, row.recipe_id, row.recipe_version)
        .cte()
    )
    recipe = (parts.c.recipe_id, parts.c.recipe_version)
    views = select(*recipe, func.max(parts.c.kept).label("views")).group_by(*recipe).cte()
    query = (
        select(row.record)
        .join(parts, parts.c.position == row.position)
        .join(views, (views.c.recipe_id == recipe[0]) & (views.c.recipe_version == recipe[1]))
        .where((parts.c.kept < views.c.views) | (parts.c.kept == 0))
        .execution_options(yield_per=500)
    )
    return sum(map(_looked_at, connection.scalars(query)))


def _looked_at(record: str) -> bool:
    """Whether pictures were taken of the part; of a damaged record False: the chain's to tell."""
    try:
        return json.loads(record)["decision"]["timings_ms"]["capture"] is not None
    except (ValueError, TypeError, LookupError):
        return False
