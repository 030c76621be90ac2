"""Shift reports that nobody sits down for: at each shift's end, and for who asks the API."""
