# SPDX-License-Identifier: BSD-2-Clause
"""Components killed under load: who is asked, who is killed, whose failure each failed request was, what is left behind."""
