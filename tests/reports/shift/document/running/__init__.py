"""Tests of the tables of time, alarms and agreement."""
