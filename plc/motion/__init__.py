"""Set points of belt and diverter, streamed to the PLC."""
