# table.py - writes the tables that unit tests replay: tab-separated, escaped, one header line
# SPDX-License-Identifier: Apache-2.0
import os
import sys


def escape(value):
    if value is None:
        return "\\N"
    text = str(value)
    for plain, escaped in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        text = text.replace(plain, escaped)
    return text


def write(name, header, rows):
    """Writes tests/data/NAME (or into the folder given as the first argument), doubles left out."""
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(
        os.path.dirname(__file__), "..", "..", "tests", "data")
    lines = ["\t".join(header.split())]
    seen = set()
    for row in rows:
        line = "\t".join(escape(field) for field in row)
        if line not in seen:
            seen.add(line)
            lines.append(line)
    with open(os.path.join(folder, name), "w", encoding="utf-8", newline="\n") as out:
        out.write("\n".join(lines) + "\n")
    print(f"{name}: {len(lines) - 1} rows")
