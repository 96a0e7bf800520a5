"""The library's Data Docs as pages that open anywhere and are the same for the same data.

As the library writes them they load styles, icons, tables and charts from a dozen addresses on the web, and hold the
time and random names. Here they lose the scripts and addresses, get a style sheet of their own, and an index page that
works without scripts; text and tables stay the library's.
"""

import re
import shutil
from collections.abc import Sequence
from html import escape
from pathlib import Path

from mien.expectations.inspector import RUN_TIME, SOURCE, Finding, Inspector

INDEX_PAGE = "index.html"
RAW = ("table", "images")
"""Tables of file format rather than of content."""

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #1d2430; background: #fff; margin: 0; }
a { color: #14519c; } code { font-size: 13px; }
h1 { font-size: 22px; } h4, h5, h6 { margin: .4em 0; font-size: 16px; }
nav.navbar { border-bottom: 1px solid #d5dae2; padding: 0 24px; }
.breadcrumb { list-style: none; display: flex; gap: 12px; padding: 0; }
.container-fluid { padding: 0 24px; }
body > .container-fluid > .row { display: flex; gap: 24px; }
.row > .col-md-2 { flex: 0 0 190px; } .row > .col-md-10 { flex: 1; min-width: 0; }
.ge-section { padding: 0; } .alert-secondary { background: #eef1f5; border-radius: 6px; padding: 8px 12px; }
table { border-collapse: collapse; margin: 8px 0; width: 100%; }
.ge-section td table, .ge-section .col-6 table { width: auto; }
th, td { border-bottom: 1px solid #d5dae2; padding: 5px 12px 5px 4px; text-align: left; vertical-align: top; }
ul.nav { list-style: none; padding: 0; } .ge-navigation-sidebar-link { word-break: normal !important; }
.badge { background: #e3e7ee; border-radius: 4px; padding: 0 5px; }
.text-success, .met { color: #19733a; }
.text-danger, .failed { color: #b3261e; } .text-warning, .warning { color: #8a5a00; }
.fa-check-circle::before, .fa-check::before { content: "\\2713"; } .fa-times::before { content: "\\2717"; }
.fa-exclamation-triangle::before { content: "\\26A0"; } i.fas { font-style: normal; font-weight: bold; }
td.name { white-space: nowrap; } td p { margin: 2px 0; color: #545d6b; }
body:has(#option2:checked) tr:has(> .hide-succeeded-validation-target-child) { display: none; }
body:has(#option2:checked) :has(> .hide-succeeded-validations-column-section-target-child) { display: none; }
"""

_DROPPED = (
    re.compile(r"<script\b.*?</script>", re.DOTALL),
    re.compile(r"<footer\b.*?</footer>", re.DOTALL),
    re.compile(r"<(?:link|img)\b[^>]*https?://[^>]*>"),
    re.compile(r"<link rel=\"shortcut icon\"[^>]*>"),
)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_STAMP = re.compile(r"\d{8}T\d{6}\.\d{6}Z")
_PATH_STAMP = RUN_TIME.strftime("%Y%m%dT%H%M%S.%fZ")
_SHOWN_STAMP = re.compile(r"\b(?:1999|2000)-\d\d-\d\dT\d\d:\d\d:\d\dZ")
"""The time of the run as the library shows it: in the machine's time zone."""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""What a page may load, for the browser: the library does not escape the values that it found in the data."""

_HEAD = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'


def write(inspector: Inspector, findings: Sequence[Finding], folder: Path) -> None:
    """Write the site to `folder`; what was there is removed."""
    shutil.rmtree(folder, ignore_errors=True)
    inspector.write_docs()
    shutil.rmtree(folder / "static")
    for page in sorted(folder.rglob("*.html")):
        page.write_text(self_contained(page.read_text(encoding="utf-8")), encoding="utf-8")
    (folder / INDEX_PAGE).write_text(index_page(findings, folder), encoding="utf-8")


def self_contained(html: str) -> str:
    """A page of the library without scripts, addresses on the web, random names and the time."""
    for pattern in _DROPPED:
        html = pattern.sub("", html)
    names: dict[str, str] = {}
    html = _UUID.sub(lambda found: names.setdefault(found[0], f"part-{len(names) + 1}"), html)
    html = _STAMP.sub(lambda found: found[0] if found[0] == _PATH_STAMP else "not recorded", html)
    html = _SHOWN_STAMP.sub("not recorded", html)
    return html.replace("<head>", f"<head>{_HEAD}", 1).replace("</head>", f"<style>{STYLE}</style></head>", 1)


def index_page(findings: Sequence[Finding], folder: Path) -> str:
    """The first page: every expectation with a link to its table's page; unmet ones first, file format last."""
    pages = {
        page.stem.removeprefix(f"{SOURCE}-"): page.relative_to(folder) for page in folder.rglob(f"{SOURCE}-*.html")
    }
    order = sorted(findings, key=lambda finding: (finding.met, finding.table in RAW))
    rows = [_row(finding, pages[finding.table]) for finding in order]
    unmet = sum(not finding.met for finding in findings)
    return f"""<!DOCTYPE html>
<html lang="en"><head>{_HEAD}<title>Expectations on the faces</title><style>{STYLE}</style></head>
<body><div class="container-fluid">
<h1>Expectations on the faces: {len(findings) - unmet} of {len(findings)} met</h1>
<table><thead><tr><th>Outcome</th><th>Expectation</th><th>Demand and reason</th><th>Observed</th><th>Setting</th>
<th>Table</th></tr></thead>
<tbody>
{"".join(rows)}</tbody></table>
</div></body></html>
"""


def _row(finding: Finding, page: Path) -> str:
    rule = finding.rule
    outcome = "met" if finding.met else {"critical": "failed"}.get(rule.severity, rule.severity)
    cells = (
        f'<td class="{outcome}">{outcome}</td>',
        f'<td class="name">{escape(rule.name)}</td>',
        f"<td>{escape(rule.demand)}<p>{escape(rule.reason)}</p></td>",
        f"<td>{escape(finding.observed)}<p>{escape('' if finding.met else finding.examples())}</p></td>",
        f"<td><code>{escape(rule.key)}</code></td>",
        f'<td><a href="{page.as_posix()}">{escape(finding.table)}</a></td>',
    )
    return f"<tr>{''.join(cells)}</tr>\n"
