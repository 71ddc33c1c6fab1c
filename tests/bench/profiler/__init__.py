# SPDX-License-Identifier: BSD-2-Clause
"""The parts of `make profile`: what was executed, whose it is, how it is shown. docs/benchmarks.md says what it means."""
