"""How well and how fast gauges are read: rendered instruments whose truth is known, and photographs."""
