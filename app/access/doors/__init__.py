"""Who is let in while the engine runs: sessions of people, keys of programs, and what each may."""
