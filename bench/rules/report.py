#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""report.py FIGURES: one table from the lines {"engine", "what", "ns", "right"} of all engines, with ratios to ours."""

import json
import platform
import sys

OURS = "hospitium"


def duration(ns):
    for unit, size in (("ms", 1e6), ("us", 1e3)):
        if ns >= size:
            return f"{ns / size:.1f} {unit}"
    return f"{ns:.0f} ns"


def cell(figure, own):
    if figure is None:
        return "-"
    times = figure["ns"] / own["ns"] if own and figure is not own else None
    ratio = "" if times is None else f" (x{times:,.0f})" if times >= 10 else f" (x{times:.2g})"
    return duration(figure["ns"]) + ratio + ("" if figure["right"] else " WRONG")


def hardware():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    return model


def main():
    figures, engines, whats = {}, [], []
    for line in open(sys.argv[1]):
        figure = json.loads(line)
        figures[figure["engine"], figure["what"]] = figure
        for seen, name in ((engines, figure["engine"]), (whats, figure["what"])):
            if name not in seen:
                seen.append(name)
    print(f"\nCPU time a call on {hardware()}; in brackets how many times ours.")
    print(f"{'':24}" + "".join(f"{engine:>26}" for engine in engines))
    for what in whats:
        own = figures.get((OURS, what))
        print(f"{what:24}" + "".join(f"{cell(figures.get((engine, what)), own):>26}" for engine in engines))


if __name__ == "__main__":
    main()
