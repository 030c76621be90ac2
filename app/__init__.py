"""The programs people start: command line, engine, API, console."""

import os

# OpenMP's threads spin while they wait for one another. On a machine whose cores are all at work each wait
# then lasts until the scheduler comes round: measured on two loaded cores, 533 ms a picture instead of 45.
# Read when torch is loaded, so it must be said before.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
