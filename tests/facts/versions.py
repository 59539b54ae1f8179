"""For figures that are of one version of SQLAlchemy alone."""

from __future__ import annotations

import pytest
import sqlalchemy
from packaging.version import Version

IS_2_1 = Version(sqlalchemy.__version__) >= Version("2.1")
SINCE_2_1 = pytest.mark.skipif(not IS_2_1, reason="SQLAlchemy before 2.1")
"""A test of what came with 2.1."""
