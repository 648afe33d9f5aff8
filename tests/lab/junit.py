# SPDX-License-Identifier: Apache-2.0
"""Reports that a CI system reads."""
import xml.etree.ElementTree as ET
from dataclasses import dataclass


@dataclass
class Case:
    name: str
    seconds: float
    why: str = ""   # it failed
    text: str = ""  # what there is to see of the failure


def xml(text):
    """Without what XML 1.0 cannot have (2.2), even escaped."""
    return "".join(c for c in text if c in "\t\n" or "\x20" <= c < "\ud800" or "\ue000" <= c < "\ufffe" or c > "\uffff")


def write(path, suite, cases):
    failures = sum(bool(case.why) for case in cases)
    top = ET.Element("testsuite", name=suite, tests=str(len(cases)), failures=str(failures), errors="0", skipped="0",
                     time=f"{sum(case.seconds for case in cases):.1f}")
    for case in cases:
        made = ET.SubElement(top, "testcase", classname="lab", name=xml(case.name), time=f"{case.seconds:.1f}")
        if case.why:
            ET.SubElement(made, "failure", message=xml(case.why)).text = xml(case.text)
    ET.ElementTree(top).write(path, encoding="utf-8", xml_declaration=True)
