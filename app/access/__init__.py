"""Who somebody is, and what he may do: rights as one table, passwords, PINs, sign-ins and their lock-out."""
