# SPDX-License-Identifier: BSD-2-Clause
"""The parts of `make bench`. bench.py puts them in order; see docs/benchmarks.md for what each figure means."""
