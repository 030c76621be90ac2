"""The register map, described once, and what is made of it."""
