"""What changes from picture to picture of one instrument: view, light, glass, dirt, lens and sensor.

Each nuisance is a field with its range; `drawn` draws them all from a generator, `plain` takes all of them
away but the view. Lengths without a unit are in radii of the ring.
"""

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from inspection.simulation.instruments.marks import Points

Hidden = Literal["", "hand", "glare"]
SHARE_HIDDEN: Final = 0.02
"""Of the pictures: these cannot be read by anybody, and the label says so."""


@dataclass(frozen=True)
class View:
    """A pinhole camera before the plate."""

    radius_px: float
    """Of the ring where it is seen straight on: 60 to 300, small ones more often (log-uniform)."""
    tilt_deg: float = 0.0
    """Between the line of sight and the plate's normal: 0 to 35, a third of them above 13."""
    toward_deg: float = 0.0
    """About which axis of the plate it is tilted: any."""
    roll_deg: float = 0.0
    """-10 to 10."""
    distance: float = 6.0
    """From the pivot: 3.5 to 10, which says how strong the perspective is."""
    middle: tuple[float, float] = (0.0, 0.0)
    """Where the pivot of the plate (at height 0) lies in the picture, pixels."""

    def at(self, height: float) -> NDArray[np.float64]:
        """3 x 3, from the plane at ``height`` above the plate to the picture (homogeneous)."""
        tilt, toward, roll = np.deg2rad([self.tilt_deg, self.toward_deg, self.roll_deg])
        axis = np.array([np.cos(toward), np.sin(toward), 0.0])
        cross = np.array([[0.0, 0.0, axis[1]], [0.0, 0.0, -axis[0]], [-axis[1], axis[0], 0.0]])
        tilting = np.eye(3) + np.sin(tilt) * cross + (1.0 - np.cos(tilt)) * cross @ cross
        rolling = np.array(
            [[np.cos(roll), -np.sin(roll), 0.0], [np.sin(roll), np.cos(roll), 0.0], [0.0, 0.0, 1.0]]
        )
        turn = rolling @ tilting
        focal = self.radius_px * self.distance
        camera = np.array([[focal, 0.0, self.middle[0]], [0.0, focal, self.middle[1]], [0.0, 0.0, 1.0]])
        origin = turn[:, 2] * -height + np.array([0.0, 0.0, self.distance])
        plane: NDArray[np.float64] = camera @ np.stack([turn[:, 0], turn[:, 1], origin], axis=1)
        return plane

    def project(self, points: Points, height: float = 0.0) -> Points:
        """Points of the plane at ``height`` in the picture, pixels."""
        homogeneous = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ self.at(height).T
        placed: Points = homogeneous[:, :2] / homogeneous[:, 2:]
        return placed


@dataclass(frozen=True)
class Scene:
    """Everything that the seed draws but what the instrument shows."""

    view: View
    size: tuple[int, int]
    """Width and height of the picture."""
    needle_height: float = 0.0
    """Of the needle above the plate: 0 to 0.04. A drag needle lies 0.01 higher."""
    flutter_deg: float = 0.0
    """The needle's swing to either side of the truth while the shutter is open: 0 to 1, in one of ten."""
    light: tuple[float, float] = (-0.6, -0.8)
    """Whence it comes, a direction in the plate of length up to 1."""
    exposure: float = 0.85
    """What a white plate shows, linear: 0.5 to 1.0; 0.08 to 0.3 in one of eight."""
    gradient: tuple[float, float] = (0.0, 0.0)
    """Change of the light over the picture: up to 0.35 in each direction."""
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """White balance: 0.8 to 1.2 a channel."""
    recess: float = 0.0
    """Width of the shadow that the bezel casts on the plate: 0 to 0.12."""
    needle_shadow: float = 0.0
    """How dark the needle's shadow is: 0 to 0.45; it lies as far off as the height and the light make it."""
    shadow_blur: float = 0.01
    """Its softness: 0.004 to 0.03."""
    veil: float = 0.0
    """Light that the glass adds everywhere: 0 to 0.05."""
    reflections: int = 0
    """Bands, spots and windows mirrored in the glass: 0 to 3, each 0.01 to 0.3 of white."""
    dirt: float = 0.0
    """How dark clouds of dirt on the glass are: 0 to 0.35."""
    specks: int = 0
    """Of dust and rust, and scratches: 0 to 40."""
    defocus_px: float = 0.0
    """Sigma: 0 to 2.5, and at most 2.5 % of the radius."""
    motion_px: float = 0.0
    """Length of the streak: 0 to 6, and at most 4 % of the radius; in a third of the pictures."""
    motion_deg: float = 0.0
    noise: float = 0.0
    """Sigma of the sensor at half of white: 0 to 0.03 (of 1, after gamma)."""
    jpeg: int = 100
    """Quality: 60 to 95."""
    hidden: Hidden = ""
    """What keeps everybody from reading it: a hand on the needle, or glare over all of it."""
    seed: int = 0
    """Of the patterns: background, dirt, reflections, noise."""


def drawn(
    rng: np.random.Generator,
    box: tuple[float, float, float, float],
    *,
    radius_px: tuple[float, float] = (60.0, 300.0),
) -> Scene:
    """Draw a scene for an instrument whose housing fills ``box`` (left, top, right, bottom on the plate)."""
    view, size = _framed(rng, box, radius_px)
    radius = view.radius_px
    angle = rng.uniform(0.0, 2 * np.pi) if rng.random() < 0.3 else rng.normal(-np.pi / 2, 0.7)
    slant = rng.uniform(0.4, 1.0)
    dark = rng.random() < 1 / 8
    hidden: Hidden = ""
    if rng.random() < SHARE_HIDDEN:
        hidden = "hand" if rng.random() < 0.5 else "glare"
    return Scene(
        view=view,
        size=size,
        needle_height=rng.uniform(0.0, 0.04),
        flutter_deg=rng.uniform(0.2, 1.0) if rng.random() < 0.1 else 0.0,
        light=(slant * float(np.cos(angle)), slant * float(np.sin(angle))),
        exposure=rng.uniform(0.08, 0.3) if dark else rng.uniform(0.5, 1.0),
        gradient=(rng.uniform(-0.35, 0.35), rng.uniform(-0.35, 0.35)),
        tint=_tint(rng),
        recess=rng.uniform(0.0, 0.12),
        needle_shadow=rng.uniform(0.0, 0.45),
        shadow_blur=rng.uniform(0.004, 0.03),
        veil=rng.uniform(0.0, 0.05),
        reflections=int(rng.choice(4, p=[0.35, 0.35, 0.2, 0.1])),
        dirt=rng.uniform(0.0, 0.35) if rng.random() < 0.5 else 0.0,
        specks=int(rng.integers(0, 41)) if rng.random() < 0.5 else 0,
        defocus_px=min(rng.uniform(0.0, 2.5), rng.uniform(0.0, 0.025 * radius)),
        motion_px=min(rng.uniform(0.0, 6.0), 0.04 * radius) if rng.random() < 1 / 3 else 0.0,
        motion_deg=rng.uniform(0.0, 180.0),
        noise=rng.uniform(0.0, 0.03),
        jpeg=int(rng.integers(60, 96)),
        hidden=hidden,
        seed=int(rng.integers(2**31)),
    )


def plain(scene: Scene) -> Scene:
    """The same view without any nuisance, and the needle on the plate: to test the truth."""
    return Scene(view=scene.view, size=scene.size, seed=scene.seed)


def _tint(rng: np.random.Generator) -> tuple[float, float, float]:
    warm, green = rng.normal(0.0, 0.07), rng.normal(0.0, 0.03)
    red, middle, blue = np.clip([1.0 + warm, 1.0 + green, 1.0 - warm], 0.8, 1.2)
    return float(red), float(middle), float(blue)


def _framed(
    rng: np.random.Generator, box: tuple[float, float, float, float], radius_px: tuple[float, float]
) -> tuple[View, tuple[int, int]]:
    """A view, and a picture around what it shows of the housing: close to it, or up to half a radius away."""
    view = View(
        radius_px=float(np.exp(rng.uniform(*np.log(radius_px)))),
        tilt_deg=35.0 * rng.beta(1.1, 2.2),
        toward_deg=rng.uniform(0.0, 360.0),
        roll_deg=rng.uniform(-10.0, 10.0),
        distance=rng.uniform(3.5, 10.0),
    )
    left, top, right, bottom = box
    rim = view.project(np.array([[left, top], [right, top], [right, bottom], [left, bottom]]))
    room = rng.uniform(0.02, 0.5, 4) * view.radius_px
    if rng.random() < 0.15:  # cut close: part of the bezel lies outside
        room -= 0.12 * view.radius_px
    low, high = rim.min(axis=0) - room[:2], rim.max(axis=0) + room[2:]
    low = np.floor(low)
    size = np.ceil(high - low).astype(int)
    return replace(view, middle=(float(-low[0]), float(-low[1]))), (int(size[0]), int(size[1]))
