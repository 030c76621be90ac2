"""A PLC with its line, as a test bench: belt, parts that slide, barriers, diverter, its own default reject.

``run_simulator`` serves it over Modbus in real time; ``TestBench`` is the same without any I/O, as fast as
it computes. Faults are ``LineFault``, by schedule and by chance (``SimulatorSettings``), or injected while it
runs (``TestBench.inject``).
"""

from plc.simulator.bench import TestBench
from plc.simulator.faults.line_faults import FaultPlan, LineFault, LineFaultKind
from plc.simulator.program.part_result import PartResult
from plc.simulator.report import Report
from plc.simulator.run import Progress, SimulatorSettings, run_simulator

__all__ = [
    "FaultPlan",
    "LineFault",
    "LineFaultKind",
    "PartResult",
    "Progress",
    "Report",
    "SimulatorSettings",
    "TestBench",
    "run_simulator",
]
