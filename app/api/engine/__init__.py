"""The engine's side of the API: the station's state, its answers, and the API process kept alive."""
