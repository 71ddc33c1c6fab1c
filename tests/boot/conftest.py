# SPDX-License-Identifier: BSD-2-Clause
"""What holds for all boot tests."""

import loads
import pytest


@pytest.fixture(autouse=True)
def no_load_is_left():
    yield
    loads.end()
