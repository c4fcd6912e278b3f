"""Accounts at providers: whose key serves, how keys are kept, and how the providers have been."""
