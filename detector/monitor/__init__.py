"""Watching cameras: frames become votes, votes become events, events become alerts, records and reports."""
