"""What every command shares: how it says, how it ends, where it logs, what it refuses beforehand."""
