"""How much memory this process has used."""

import psutil


def peak_memory_mb() -> float:
    """Largest resident size of this process so far, in MB (10⁶ bytes)."""
    peak_wset = getattr(psutil.Process().memory_info(), "peak_wset", None)  # Windows alone has it
    if peak_wset is not None:
        return float(peak_wset) / 1e6
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6  # Linux counts in KiB
