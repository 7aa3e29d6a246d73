# SPDX-License-Identifier: Apache-2.0
"""What the numbers were measured on."""

import os
import pathlib
import platform
import re


def text_of(path):
    try:
        return pathlib.Path(path).read_text()
    except OSError:
        return ""


def first(pattern, text, otherwise="unknown"):
    found = re.search(pattern, text, re.MULTILINE)
    return found.group(1).strip() if found else otherwise


def describe():
    kilobytes = int(first(r"^MemTotal:\s*(\d+)", text_of("/proc/meminfo"), "0"))
    huge = text_of("/sys/kernel/mm/transparent_hugepage/enabled")
    return {
        "processor": first(r"^model name\s*:\s*(.*)$", text_of("/proc/cpuinfo"), platform.machine()),
        "cores": len(os.sched_getaffinity(0)),
        "memory": f"{kilobytes / 2**20:.0f} GiB",
        "transparent huge pages": first(r"\[(\w+)\]", huge),
        "kernel": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
    }
