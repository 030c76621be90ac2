"""The commands about people and programs that are let in."""
