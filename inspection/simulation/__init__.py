"""Renders a machined cover with a pressure dial and defects, all of whose truth is known."""

from inspection.simulation.cover import cover
from inspection.simulation.render import Rendering, render
from inspection.simulation.spec import DefectSpec, DefectType, PartSpec, Variation, draw_part

__all__ = ["DefectSpec", "DefectType", "PartSpec", "Rendering", "Variation", "cover", "draw_part", "render"]
