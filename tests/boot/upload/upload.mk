# SPDX-License-Identifier: BSD-2-Clause
#
# Programs for tests/boot/test_upload.py, in build/components; and the web server's system with one of them in its manifest.
upload_images_before := $(COMPONENT_IMAGES)
probe.sources := tests/boot/upload/probe.c
grasper.sources := tests/boot/upload/grasper.c
stillborn_refuses.sources := tests/boot/upload/stillborn.c
stillborn_refuses.flags := -DSTILLBORN=SHOJI_EMEMORY
stillborn_fails.sources := tests/boot/upload/stillborn.c
stillborn_fails.flags := -DSTILLBORN=0
UPLOAD_TEST_NAMES := probe grasper stillborn_refuses stillborn_fails
$(foreach name,$(UPLOAD_TEST_NAMES),$(eval $(call component,$(name))))
COMPONENT_IMAGES := $(upload_images_before)

PROGRAM_IMAGES := $(WEBSERVER_IMAGES) $(COMPONENT_OUT)/probe.elf
$(BUILD)/webserver-program/webserver.manifest: $(WEBSERVER_MANIFEST) tests/boot/upload/upload.mk
	@mkdir -p $(@D)
	@awk '/^edge / && !drawn { print "component probe 40 probe.elf memory 64K time 50"; drawn = 1 } \
	    { print } END { print "edge probe memory_mapper terminal_printer"; print "edge content_manager probe" }' $< >$@
$(BUILD)/webserver-program/modules.list: $(BUILD)/webserver-program/webserver.manifest $(PROGRAM_IMAGES)
	$(call modules_list,$<,$(PROGRAM_IMAGES))

test-boot-built: $(UPLOAD_TEST_NAMES:%=$(COMPONENT_OUT)/%.elf) $(BUILD)/webserver-program/modules.list
