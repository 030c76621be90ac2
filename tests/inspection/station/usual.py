"""What was usual for the parts of a fake station when they were taught."""

import numpy as np

from inspection.drift.usual import Figure, UsualLooks, UsualScores, UsualView

TAUGHT = [float(score) for score in np.linspace(0.1, 0.4, 60)]
USUAL = UsualView(
    view="top",
    scores=UsualScores.of(TAUGHT, witnesses=60),
    looks=UsualLooks(
        pictures=60,
        light=Figure(mean=160.0, deviation=4.0),
        focus=Figure(mean=0.0, deviation=1.0),
        x=Figure(mean=0.5, deviation=0.1),
        y=Figure(mean=0.5, deviation=0.1),
    ),
)
"""Of pictures that are lighter than the fake camera's, whose noise has a mean of 130."""
