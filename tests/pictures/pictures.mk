# SPDX-License-Identifier: BSD-2-Clause
# The screenshots in the docs: what the browser's tests have seen, with fewer colours.

.PHONY: pictures

pictures: $(KERNEL) image qemu image-wild      ## the docs' screenshots, taken anew by the browser's tests
	@boot/thirdparty/packages test profile browser
	@$(PYTEST) -q tests/boot/test_dashboard.py tests/boot/test_viewer.py
	@tests/pictures/keep
