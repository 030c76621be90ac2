"""The engine's API: HTTP and WebSocket on loopback. Console and MES are its clients."""
