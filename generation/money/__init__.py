"""The books, the caps above them, and what pages tell of both."""
