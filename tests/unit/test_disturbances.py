"""What disturbs a machine is read from the files of its system, and said with its figure and what to do."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bench.counters.clients import OtherClients
from bench.measuring.disturbances import clients, counted
from bench.measuring.disturbances.cgroups import Quota, quota
from bench.measuring.disturbances.counted import Reading, read
from bench.measuring.disturbances.findings import Disturbance, Findings, Look, disturbing, quiet, untold
from bench.measuring.disturbances.power import power, power_of_macos
from bench.measuring.disturbances.processor import clock, governor, times_cooled, turbo
from bench.reports.noise import disturbances_text

TWO_MB = 2_000_000 // os.sysconf("SC_PAGE_SIZE")
"""In pages of this machine, as the file would have it here."""
CPUS = "sys/devices/system/cpu"
LAPTOP = {
    **{f"{CPUS}/cpu{number}/cpufreq/scaling_governor": "powersave\n" for number in range(4)},
    **{f"{CPUS}/cpu{number}/cpufreq/energy_performance_preference": "balance_power\n" for number in range(4)},
    **{f"{CPUS}/cpu{number}/thermal_throttle/core_throttle_count": f"{number}\n" for number in range(4)},
    f"{CPUS}/intel_pstate/no_turbo": "0\n",
    "sys/class/power_supply/AC/type": "Mains\n",
    "sys/class/power_supply/AC/online": "0\n",
    "sys/class/power_supply/BAT0/type": "Battery\n",
    "sys/class/power_supply/BAT0/status": "Discharging\n",
    "sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc\n",
}
"""A laptop with an Intel processor, on battery."""
CLOUD = {
    "proc/stat": (
        "cpu  3773375 23 789287 2754036 77543 0 36984 19439 0 0\n"
        "cpu0 1878513 4 391016 1390141 40910 0 14191 9825 0 0\n"
        "cpu1 1894861 19 398270 1363895 36632 0 22793 9613 0 0\n"
        "intr 120 3 0\n"
        "ctxt 205909111\n"
    ),
    "proc/vmstat": "pgpgout 5\npswpin 0\npswpout 0\noom_kill 0\n",
    "proc/pressure/cpu": "some avg10=0.00 avg60=0.04 avg300=0.58 total=9322621055\nfull avg10=0.00 total=0\n",
    "proc/pressure/memory": "some avg10=0.00 avg60=0.00 total=1000000\nfull avg10=0.00 avg60=0.00 total=900000\n",
}
"""A virtual machine of two cores, whose hypervisor tells what it gave to others."""
CLOUD_LATER = {
    "proc/stat": (
        "cpu  3774375 23 789787 2758036 77643 0 36984 19839 0 0\n"
        "cpu0 1879513 4 391516 1392141 41010 0 14191 10225 0 0\n"
        "cpu1 1894861 19 398270 1365895 36632 0 22793 9613 0 0\n"
    ),
    "proc/vmstat": f"pgpgout 5\npswpin {TWO_MB}\npswpout {TWO_MB}\noom_kill 0\n",
    "proc/pressure/cpu": "some avg10=9.00 avg60=5.04 avg300=0.58 total=9334621055\nfull avg10=0.00 total=0\n",
    "proc/pressure/memory": "some avg10=0.00 avg60=0.00 total=1900000\nfull avg10=0.00 avg60=0.00 total=900000\n",
}
"""The same after 30 seconds: busy for 15, of which 5 were the harness's own; 4 more were given to other guests."""
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
LOOK = OtherClients(BEGAN, frozenset(), untold=0, runs=frozenset(), vacuums=0, transactions=1000)
"""A look at a server that nobody else uses."""


def system(root: Path, files: Mapping[str, str]) -> Path:
    """The files of a system below a folder."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def seen(look: Look) -> str | None:
    """What was seen; None where nothing disturbs, though the system tells."""
    assert look.is_told
    return look.found.seen if look.found is not None else None


def between(root: Path, before: Mapping[str, str], after: Mapping[str, str], ours_s: float | None) -> dict[str, Look]:
    """The looks over thirty seconds of a system, in which the harness's own processes took so much CPU."""
    first = replace(read(system(root, before), None if ours_s is None else 100.0), at=1000.0)
    last = replace(read(system(root, after), None if ours_s is None else 100.0 + ours_s), at=1030.0)
    return {look.what: look for look in counted.looks(first, last, None)}


def test_laptop_on_battery_is_said_with_its_governor_and_its_turbo(tmp_path: Path) -> None:
    """Three settings disturb, each with what to do; the clock of the processor does not."""
    root = system(tmp_path, LAPTOP)
    assert [
        Disturbance("battery", "the machine runs on it, and saves power", "plug it in"),
        Disturbance(
            "frequency governor",
            "powersave on 4 of 4 cores (energy preference balance_power): a core's frequency follows its load",
            "as root: cpupower frequency-set --governor performance",
        ),
        Disturbance(
            "turbo",
            "on: a core's frequency depends on how warm it is, and on how many others are busy",
            "as root: echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo",
        ),
    ] == Findings([power(root), governor(root), turbo(root), clock(root)]).disturbances


def test_laptop_that_is_set_for_measuring_disturbs_nothing(tmp_path: Path) -> None:
    """Plugged in, with the governor `performance` and without turbo, nothing is said."""
    quietened = {
        **{f"{CPUS}/cpu{number}/cpufreq/scaling_governor": "performance\n" for number in range(4)},
        f"{CPUS}/intel_pstate/no_turbo": "1\n",
        "sys/class/power_supply/AC/online": "1\n",
        "sys/class/power_supply/BAT0/status": "Charging\n",
    }
    root = system(tmp_path, {**LAPTOP, **quietened})
    assert ["battery", "frequency governor", "turbo", "clock"] == Findings(
        [power(root), governor(root), turbo(root), clock(root)]
    ).quiet


def test_system_that_hides_its_settings_is_said_not_to_tell(tmp_path: Path) -> None:
    """Without the files nothing is found and nothing is called quiet."""
    looks = [power(tmp_path), governor(tmp_path), turbo(tmp_path), clock(tmp_path)]
    assert ["battery", "frequency governor", "turbo", "clock"] == Findings(looks).untold
    assert [] == Findings(looks).disturbances + Findings(looks).quiet


def test_machine_without_a_battery_is_not_on_battery(tmp_path: Path) -> None:
    """A server has the folder and nothing in it; the battery of a mouse is not the machine's."""
    (tmp_path / "sys/class/power_supply").mkdir(parents=True)
    assert seen(power(tmp_path)) is None
    mouse = {"type": "Battery\n", "scope": "Device\n", "status": "Discharging\n"}
    system(tmp_path, {f"sys/class/power_supply/hidpp_battery_0/{name}": text for name, text in mouse.items()})
    assert seen(power(tmp_path)) is None


def test_unplugged_machine_whose_battery_tells_nothing_is_on_battery(tmp_path: Path) -> None:
    """Where the battery's state is unknown, the plug tells."""
    unknown = {**LAPTOP, "sys/class/power_supply/BAT0/status": "Unknown\n"}
    assert "the machine runs on it, and saves power" == seen(power(system(tmp_path, unknown)))


def test_cores_with_different_governors_are_counted(tmp_path: Path) -> None:
    """One core of four that follows its load is named; without a preference of the driver's none is."""
    files = {f"{CPUS}/cpu{number}/cpufreq/scaling_governor": "performance\n" for number in range(3)}
    files[f"{CPUS}/cpu3/cpufreq/scaling_governor"] = "schedutil\n"
    assert "schedutil on 1 of 4 cores: a core's frequency follows its load" == seen(governor(system(tmp_path, files)))


def test_turbo_of_other_drivers_has_a_switch_of_its_own(tmp_path: Path) -> None:
    """AMD's, and acpi-cpufreq's, is `boost`, which means the opposite."""
    root = system(tmp_path, {f"{CPUS}/cpufreq/boost": "1\n"})
    found = turbo(root).found
    assert found is not None
    assert "as root: echo 0 > /sys/devices/system/cpu/cpufreq/boost" == found.remedy
    assert seen(turbo(system(tmp_path, {f"{CPUS}/cpufreq/boost": "0\n"}))) is None


def test_slow_clock_is_said(tmp_path: Path) -> None:
    """A clock that each reading asks the system for."""
    name = "sys/devices/system/clocksource/clocksource0/current_clocksource"
    assert "hpet, which takes a call of the system to read" == seen(clock(system(tmp_path, {name: "hpet\n"})))
    assert seen(clock(system(tmp_path, {name: "kvm-clock\n"}))) is None


@pytest.mark.parametrize(
    ("supply", "settings", "expected"),
    [
        (
            "Now drawing from 'Battery Power'\n -InternalBattery-0 (id=22806627)\t78%; discharging; 5:05 remaining\n",
            "System-wide power settings:\nCurrently in use:\n lowpowermode         0\n",
            "the machine runs on it, and saves power",
        ),
        (
            "Now drawing from 'AC Power'\n -InternalBattery-0 (id=22806627)\t83%; charging; 1:00 remaining\n",
            "System-wide power settings:\nCurrently in use:\n standby              1\n lowpowermode         1\n",
            "low power mode is on, which slows the cores down",
        ),
        (
            "Now drawing from 'AC Power'\n",
            "System-wide power settings:\nCurrently in use:\n standby              1\n powermode            0\n",
            None,
        ),
    ],
)
def test_macos_tells_by_pmset(supply: str, settings: str, expected: str | None) -> None:
    """On battery, in low power mode, or neither."""
    assert expected == seen(power_of_macos(supply, settings))


def test_macos_without_pmset_does_not_tell() -> None:
    """Where the program does not run, nothing is known."""
    assert untold("battery") == power_of_macos(None, None)


def test_cloud_machine_tells_what_others_took(tmp_path: Path) -> None:
    """Of 15 busy seconds 10 were others', of two cores for 30 seconds; the host took 4 of 19 that were wanted."""
    looks = between(tmp_path, CLOUD, CLOUD_LATER, ours_s=5.0)
    assert "they took 17 % of the 2 cores, and for 40 % of the time some process waited for one" == seen(
        looks["other processes"]
    )
    assert "for 21 % of the time that this machine had something to do, its host ran other guests" == seen(
        looks["steal"]
    )
    assert "processes waited for it for 3 % of the time, 4 MB were swapped" == seen(looks["memory"])
    assert seen(looks["disk"]) is None


def test_time_of_our_own_is_not_others(tmp_path: Path) -> None:
    """Where all but a second of it was the harness's own, nobody disturbs."""
    assert seen(between(tmp_path, CLOUD, CLOUD_LATER, ours_s=14.0)["other processes"]) is None


def test_cores_that_wait_for_a_disk_are_said(tmp_path: Path) -> None:
    """Twelve seconds of thirty, of one core."""
    later = {**CLOUD_LATER, "proc/stat": CLOUD_LATER["proc/stat"].replace("2758036 77643", "2758036 78743", 1)}
    assert "cores had nothing to do but to wait for one for 40 % of a core's time" == seen(
        between(tmp_path, CLOUD, later, ours_s=14.0)["disk"]
    )


def test_sandbox_that_counts_nothing_does_not_tell(tmp_path: Path) -> None:
    """A file with nothing but zeros, as gVisor has it, is no sign of quiet."""
    zeros = {"proc/stat": "cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\n"}
    looks = between(tmp_path, zeros, zeros, ours_s=5.0)
    assert ["other processes", "steal", "CPU quota", "memory", "disk", "heat"] == Findings(list(looks.values())).untold


@pytest.mark.parametrize(
    ("load", "expected"),
    [
        (None, untold("other processes")),
        (1.0, quiet("other processes")),
        (
            2.5,
            disturbing(
                "other processes",
                "2.5 for each core ran, or waited to, before this began",
                "end them, or measure where nothing else runs",
            ),
        ),
    ],
)
def test_load_at_the_beginning_tells_where_nothing_better_does(load: float | None, expected: Look) -> None:
    """As on macOS, or where a server by URL may be among the processes of this machine."""
    assert expected == counted.looks(Reading(at=0.0), Reading(at=30.0), load)[0]


def test_heat_is_told_by_how_often_cores_were_slowed_down(tmp_path: Path) -> None:
    """Each core counts for itself; what it counted before is no sign."""
    before = times_cooled(system(tmp_path, LAPTOP))
    after = times_cooled(system(tmp_path, {f"{CPUS}/cpu2/thermal_throttle/core_throttle_count": "14\n"}))
    assert (6, 18) == (before, after)
    *_, heat = counted.looks(Reading(at=0.0, cooled=before), Reading(at=30.0, cooled=after), None)
    assert "cores were slowed down for it, counted 12 times" == seen(heat)
    *_, heat = counted.looks(Reading(at=0.0, cooled=before), Reading(at=30.0, cooled=before), None)
    assert seen(heat) is None


def test_container_with_a_quota_of_version_1(tmp_path: Path) -> None:
    """Its path is the host's, and what is mounted is its own part: there half a core is the limit."""
    mount = "sys/fs/cgroup/cpu,cpuacct"
    files = {
        "proc/self/cgroup": "9:name=systemd:/docker/2fcb1b35\n1:cpu,cpuacct:/docker/2fcb1b35\n0::/docker/2fcb1b35\n",
        f"{mount}/cpu.cfs_quota_us": "50000\n",
        f"{mount}/cpu.cfs_period_us": "100000\n",
        f"{mount}/cpu.stat": ("nr_periods 10\nnr_throttled 3\nthrottled_time 45425492\nnr_bursts 0\nburst_time 0\n"),
    }
    assert Quota(0.5, 3, 0.045425492) == quota(system(tmp_path, files))


def test_container_with_a_quota_of_version_2(tmp_path: Path) -> None:
    """A limit of the group above, as a pod's is, holds too: the smallest is told, and the pauses of both."""
    mount, statistics = "sys/fs/cgroup", "usage_usec 93\nuser_usec 80\nsystem_usec 13\nnr_periods 90\n"
    files = {
        "proc/self/cgroup": "0::/kubepods/pod7/main\n",
        f"{mount}/cgroup.controllers": "cpuset cpu io memory\n",
        f"{mount}/cpu.stat": "usage_usec 99\nuser_usec 80\nsystem_usec 19\n",
        f"{mount}/kubepods/pod7/cpu.max": "150000 100000\n",
        f"{mount}/kubepods/pod7/cpu.stat": f"{statistics}nr_throttled 4\nthrottled_usec 200000\n",
        f"{mount}/kubepods/pod7/main/cpu.max": "max 100000\n",
        f"{mount}/kubepods/pod7/main/cpu.stat": f"{statistics}nr_throttled 1\nthrottled_usec 50000\n",
    }
    assert Quota(1.5, 5, 0.25) == quota(system(tmp_path, files))


def test_group_without_a_quota_pauses_nothing(tmp_path: Path) -> None:
    """The group that all others are in has no limit, and the system tells that."""
    files = {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cgroup.controllers": "cpu memory\n"}
    assert Quota(None, 0, 0.0) == quota(system(tmp_path, files))


def test_group_outside_of_what_is_seen_is_that_of_the_mount(tmp_path: Path) -> None:
    """From inside a namespace, a process that came from outside has a path upwards, which is not followed."""
    files = {
        "proc/self/cgroup": "0::/../../other\n",
        "sys/fs/cgroup/cgroup.controllers": "cpu memory\n",
        "sys/fs/cgroup/cpu.max": "200000 100000\n",
    }
    assert Quota(2.0, 0, 0.0) == quota(system(tmp_path, files))


def test_groups_that_are_not_mounted_are_not_told(tmp_path: Path) -> None:
    """A process is in a group, of which nothing can be read."""
    assert quota(system(tmp_path, {"proc/self/cgroup": "0::/\n"})) is None


def test_pauses_during_the_measurement_are_said() -> None:
    """Those before it are no sign."""
    before, after = Reading(at=0.0, quota=Quota(1.5, 10, 2.0)), Reading(at=30.0, quota=Quota(1.5, 44, 3.25))
    said = "one of 1.5 cores paused processes 34 times, for 1.2 s in all cores together"
    assert said == seen(counted.looks(before, after, None)[2])
    assert seen(counted.looks(after, replace(after, at=60.0), None)[2]) is None


def test_clients_that_work_are_counted_once() -> None:
    """One that was met at two looks and another make two; who is only connected does not disturb."""
    later = replace(LOOK, at=BEGAN + timedelta(seconds=10), transactions=1020)
    looks = [LOOK, replace(later, working=frozenset({7})), replace(later, working=frozenset({7, 9}))]
    assert ["2 sent something, or kept a transaction open", None, None] == [seen(one) for one in clients.looks(looks)]
    assert [None, None, None] == [seen(one) for one in clients.looks([LOOK, later])]


def test_clients_that_come_and_go_are_told_by_their_transactions() -> None:
    """Nobody was met at a look, and two thousand transactions ended in ten seconds; a few are the looks' own."""
    later = replace(LOOK, at=BEGAN + timedelta(seconds=10), transactions=3000)
    assert "2000 transactions ended in databases that are not bench's" == seen(clients.looks([LOOK, later])[0])
    soon = replace(LOOK, at=BEGAN + timedelta(seconds=1), transactions=1099)
    assert seen(clients.looks([LOOK, soon])[0]) is None


def test_clients_whose_doings_are_hidden_are_said_to_be() -> None:
    """A user without the right to see them is told which role has it."""
    later = replace(LOOK, at=BEGAN + timedelta(seconds=10), untold=3)
    found = clients.looks([LOOK, later])[0].found
    assert found is not None
    assert "there are 3 of whom this user may not see what they do" == found.seen
    assert found.remedy.endswith("; a user with the role pg_read_all_stats sees more")


def test_other_runs_and_vacuums_are_said_by_their_names() -> None:
    """Another run of the harness is no client like others; a worker of autovacuum was met at one look of three."""
    later = replace(LOOK, at=BEGAN + timedelta(seconds=10))
    looks = [LOOK, replace(later, runs=frozenset({"0123456789ab"})), replace(later, vacuums=2)]
    assert [None, "1 used this server at the same time", "was at work at 1 of 3 looks"] == [
        seen(one) for one in clients.looks(looks)
    ]


def test_server_that_did_not_answer_is_said_not_to_tell() -> None:
    """One look alone says nothing of what went on meanwhile."""
    expected = ["other clients of the server", "other runs of bench", "autovacuum"]
    assert expected == Findings(clients.looks([LOOK])).untold


def test_disturbances_are_shown_with_what_to_do() -> None:
    """Two lines each; what is quiet, and what could not be looked at, in a line below."""
    looks = [disturbing("battery", "the machine runs on it", "plug it in"), quiet("turbo"), untold("heat")]
    assert (
        "What disturbs this machine:\n"
        "  battery: the machine runs on it\n"
        "    plug it in\n"
        "Nothing was seen of: turbo\n"
        "This system does not tell of: heat"
    ) == disturbances_text(Findings(looks))


def test_quiet_machine_is_said_to_be_with_what_was_looked_at() -> None:
    """A reader sees how much that is worth."""
    assert "Nothing that disturbs was seen; looked at: turbo, clock" == disturbances_text(
        Findings([quiet("turbo"), quiet("clock")])
    )
