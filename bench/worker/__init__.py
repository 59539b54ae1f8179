"""The worker process: one asyncio loop, SQLAlchemy and the scenario. It needs only the standard library, SQLAlchemy
and the drivers.
"""
