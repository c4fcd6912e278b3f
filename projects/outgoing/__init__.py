"""Telling other systems what happens: webhooks by the Standard Webhooks specification.

The log of events is the truth. For each endpoint and project a cursor says how far deliveries were written; whoever
holds the endpoint's lease writes the next ones, and sends them one after the other. So nothing is lost with a process,
nothing overtakes, and what was sent but not noted is sent again under the same id.
"""
