"""Results that somebody has crafted, and where their pages may go: rows of the table of faults."""

from __future__ import annotations

from tests.reliability.observing import Fault

FAULTS = {
    "result-crafted": Fault(
        "A result file is crafted: nested 100,000 deep, numbers without bound, other types, impossible times",
        "`report`, `compare` and `check --against` refuse it in one line that names the place; exit code 2",
    ),
    "result-hostile-text": Fault(
        "Names, questions, errors and statements in a result are HTML, Markdown, formulas, escapes for a terminal",
        "Every format shows them as text: no markup, no link and no control character of theirs is in any output",
    ),
    "result-path-names": Fault(
        "Scenarios in a result are called like paths: `../../up`, `/etc/passwd`, a name of three thousand letters",
        "Pages and charts lie in the folder that was named, and nowhere else",
    ),
    "report-link-out": Fault(
        "In the folder of a report a page, or the folder of its charts, is a link to elsewhere",
        "The report is refused in one line; nothing is written at the other end; exit code 2",
    ),
    "report-over-own-file": Fault(
        "The output of a report is a file of one's own, or the result itself",
        "The report is refused in one line, and the file is as it was; exit code 2",
    ),
}
