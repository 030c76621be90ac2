"""Proposes the dial that a picture shows, for a person to confirm."""
