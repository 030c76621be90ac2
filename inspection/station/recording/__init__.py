"""What is durable: the record and the pictures, each with a thread of its own that may hang."""
