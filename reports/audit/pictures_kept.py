"""Parts that were looked at although the archive did not keep all their pictures, as on a full disk.

Such a record is no break: it says itself that it names no picture. But nobody can look at the part again, so
whoever examines the record must see how many there are. How many views a recipe has is not on record; the
most pictures that any part of the same recipe version has stand for it, and one at least.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, exists, func, select
from sqlalchemy.orm import aliased

from reports.record.rows import ShiftRow, has_looks
from reports.record.schema import InspectionRow, LookRow, PictureRow


class _Alike(NamedTuple):
    """Parts of one recipe version that have so many pictures."""

    recipe_id: int
    recipe_version: int
    pictures: int
    looked_at: bool


def count_not_kept(parts: Iterable[ShiftRow]) -> int:
    """Of ``parts``, those that were looked at and lack a picture."""
    return _lacking(
        Counter(_Alike(part.recipe_id, part.recipe_version, part.pictures, part.looked_at) for part in parts)
    )


def count_not_kept_on_record(connection: Connection) -> int:
    """The same of all judged parts in the database. Raises SQLAlchemyError."""
    if not has_looks(connection):
        return _count_in_an_older_record(connection)
    row, look, later = InspectionRow, LookRow, aliased(InspectionRow)
    alike = row.recipe_id, row.recipe_version, look.pictures, look.looked_at
    query = (
        select(*alike, func.count())
        .join(look, look.position == row.position)
        .where(~exists().where(later.supersedes == row.position))  # a picture may be kept late
        .where(row.missed.is_(None))
        .group_by(*alike)
    )
    return _lacking({_Alike._make(found[:-1]): found[-1] for found in connection.execute(query)})


def _lacking(parts: Mapping[_Alike, int]) -> int:
    views: dict[tuple[int, int], int] = {}
    for alike in parts:
        recipe = alike.recipe_id, alike.recipe_version
        views[recipe] = max(views.get(recipe, 1), alike.pictures)
    return sum(
        many
        for alike, many in parts.items()
        if alike.looked_at and alike.pictures < views[alike.recipe_id, alike.recipe_version]
    )


def _count_in_an_older_record(connection: Connection) -> int:
    """By the pictures and the JSON: it has no table that says who was looked at."""
    row, later = InspectionRow, aliased(InspectionRow)
    parts = (
        select(row.position, row.recipe_id, row.recipe_version, func.count(PictureRow.view).label("kept"))
        .outerjoin(PictureRow, PictureRow.position == row.position)
        .outerjoin(later, later.supersedes == row.position)
        .where(later.position.is_(None), row.missed.is_(None))
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
