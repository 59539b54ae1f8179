"""A small bookshop: FastAPI on SQLAlchemy."""
