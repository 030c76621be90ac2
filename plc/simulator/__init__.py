"""A PLC with a conveyor, as a program of its own: belt, photo-eye, diverter, and its own default reject."""

from plc.simulator.report import PartResult, Report
from plc.simulator.run import Progress, SimulatorSettings, run_simulator

__all__ = ["PartResult", "Progress", "Report", "SimulatorSettings", "run_simulator"]
