"""The floor that the REST API stands on: who asks, what they may, what they send, what they are answered.

It knows no resource. Each room has its own under ``api/``; ``config/api.py`` puts them together.
"""
