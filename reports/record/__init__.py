"""The record in SQL: rows in a chain, a spool, the pictures beside."""
