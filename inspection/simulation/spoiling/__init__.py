"""Spoils photographs of good parts, to teach what a defect may look like before one was seen.

Many kinds, because none alone looks like what a line will bring: pieces of good parts where they do not
belong, stains, scratches, cracks, dents, structure that is missing or doubled, smears and pin-holes, each in
sizes from a few pixels up and from faint to strong, on photographs and on pictures of two levels. Judged by
such defects alone a model would learn our drawing; they let a product's good parts say what its eyes can
find, and teach it not to overlook.
"""

from inspection.simulation.spoiling.spoil import KINDS, Spoiled, spoiled

__all__ = ["KINDS", "Spoiled", "spoiled"]
