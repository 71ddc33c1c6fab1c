# SPDX-License-Identifier: BSD-2-Clause
"""The parts of the papers' figures; each has measure(run), which measures, and writes tables and plots."""
