"""Whether the machine saves power: it runs on battery, or was asked to save."""

from __future__ import annotations

import platform
import re
import subprocess
from pathlib import Path

from bench.measuring.disturbances.findings import Look, disturbing, quiet, text_of, untold

WHAT = "battery"


def power(root: Path) -> Look:
    """Whether the machine runs on battery, or in macOS's low power mode."""
    if platform.system() == "Darwin":
        return power_of_macos(_pmset("batt"), _pmset())
    supplies = root / "sys/class/power_supply"
    if not supplies.is_dir():
        return untold(WHAT)
    batteries, mains = [], []
    for supply in supplies.iterdir():
        kind = text_of(supply / "type")
        # A mouse has a battery too, whose scope is that device.
        if kind == "Battery" and text_of(supply / "scope") != "Device":
            batteries.append(text_of(supply / "status"))
        elif kind in ("Mains", "USB"):
            mains.append(text_of(supply / "online"))
    unplugged = bool(batteries) and bool(mains) and set(mains) == {"0"}
    return _on_battery() if "Discharging" in batteries or unplugged else quiet(WHAT)


def power_of_macos(supply: str | None, settings: str | None) -> Look:
    """What `pmset -g batt` and `pmset -g` say; None where they say nothing."""
    if supply is None or settings is None:
        return untold(WHAT)
    if "'Battery Power'" in supply:
        return _on_battery()
    if re.search(r"^\s*(low)?powermode\s+1\b", settings, re.MULTILINE):
        return disturbing(
            WHAT, "low power mode is on, which slows the cores down", "turn it off in the settings for the battery"
        )
    return quiet(WHAT)


def _on_battery() -> Look:
    return disturbing(WHAT, "the machine runs on it, and saves power", "plug it in")


def _pmset(*of: str) -> str | None:
    try:
        done = subprocess.run(["pmset", "-g", *of], capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
