# SPDX-License-Identifier: BSD-2-Clause
#
# The webserver's components and the image that boots. What the variables mean: components/component.mk.
#
#   image        everything that webserver.manifest names, and build/webserver/modules.list: a line for each module, path and
#                name, the manifest first; and build/system/modules.list: the same with the components that somebody has added
#                (make component, docs/components.md), which is what `make start` boots
#   image-heaps  the same with every component's heap protected, for tests and measurements: build/webserver-guard/modules.list, ...
#   image-wild   the same with a static_content that makes a wild store at /wild, for tests: build/webserver-wild/modules.list
include components/component.mk
-include webserver/network.mk

.PHONY: image image-wild image-heaps

LLHTTP := $(BUILD)/src/llhttp
LLHTTP_SOURCES := $(addprefix $(LLHTTP)/src/,api.c http.c llhttp.c)
YYJSON := $(BUILD)/src/yyjson
HTTP_LIBRARY := $(addprefix webserver/http_parser/,request.c reply.c)

# Fetched sources come with their stamps.
$(LLHTTP_SOURCES): | $(BUILD)/third-party/llhttp.stamp
$(YYJSON)/src/yyjson.c: | $(BUILD)/third-party/yyjson.stamp

fd_api.sources  := webserver/fd_api/fd_api.c webserver/fd_api/slots.c
fd_api.includes := webserver
fd_api.lto := yes
$(eval $(call component,fd_api))

connection_manager.sources  := $(addprefix webserver/connection_manager/,connection_manager.c connections.c) webserver/http_parser/reply.c
connection_manager.includes := webserver
connection_manager.lto := yes
$(eval $(call component,connection_manager))

http_parser.sources  := $(addprefix webserver/http_parser/,http_parser.c heads.c range.c) $(HTTP_LIBRARY) webserver/fd_api/slots.c $(LLHTTP_SOURCES)
http_parser.includes := webserver $(LLHTTP)/include
http_parser.foreign  := $(LLHTTP)/%
http_parser.needs    := $(BUILD)/third-party/llhttp.stamp
http_parser.lto := yes
$(eval $(call component,http_parser))

async_invocation.sources := components/async_invocation/async_invocation.c
$(eval $(call component,async_invocation))

fd_null.sources := webserver/fd_null/fd_null.c
$(eval $(call component,fd_null))

cgi_service.sources := $(addprefix webserver/cgi_service/,cgi_service.c service.c)
$(eval $(call component,cgi_service))

statistics_gatherer.sources := components/statistics_gatherer/statistics_gatherer.c
$(eval $(call component,statistics_gatherer))

stack_trace.sources := components/stack_trace/stack_trace.c
$(eval $(call component,stack_trace))

content_manager.sources := $(addprefix webserver/content_manager/,content_manager.c programs.c)
$(eval $(call component,content_manager))

# The files of the site, and those of the dashboard below a name that the site has not, with the description of the control interface, packed; those of the
# tests have a large one besides.
STATIC_FOLDER := webserver/static_content/files
STATIC_FILES := $(shell find $(STATIC_FOLDER))
STATIC_SOURCES := $(addprefix webserver/static_content/,static_content.c image.c linked.c)
$(BUILD)/static_content/site.image: EXTRA :=
$(BUILD)/static_content/wild.image: EXTRA := /large.bin=3000000 /empty=0
$(BUILD)/static_content/%.image: webserver/static_content/pack $(STATIC_FILES) docs/openapi.yaml $(BUILD)/third-party/dashboard.stamp
	@rm -rf $(@D)/$*.pages && mkdir -p $(@D)/$*.pages && cp $(BUILD)/dashboard/* docs/openapi.yaml $(@D)/$*.pages
	@echo '  PACK    $@'
	$(Q)$< $@ $(STATIC_FOLDER) dashboard:$(@D)/$*.pages $(EXTRA)

static_content.sources := $(STATIC_SOURCES) webserver/static_content/tame.c
static_content.flags   := -DSTATIC_IMAGE='"$(BUILD)/static_content/site.image"'
static_content.needs   := $(BUILD)/static_content/site.image
$(eval $(call component,static_content))

static_content_wild.sources := $(STATIC_SOURCES) webserver/static_content/wild.c
static_content_wild.flags   := -DSTATIC_IMAGE='"$(BUILD)/static_content/wild.image"'
static_content_wild.needs   := $(BUILD)/static_content/wild.image
$(eval $(call component,static_content_wild))

mpd_manager.sources  := $(sort $(wildcard components/mpd_manager/*.c components/mpd_manager/*/*.c)) \
    webserver/connection_manager/connections.c components/image/image.c $(HTTP_LIBRARY) webserver/http_parser/range.c $(POLICY_SOURCES) $(LLHTTP_SOURCES) $(YYJSON)/src/yyjson.c
mpd_manager.includes := $(patsubst %/,%,$(wildcard components/mpd_manager/*/)) webserver . $(LLHTTP)/include $(YYJSON)/src
mpd_manager.foreign  := $(LLHTTP)/% $(YYJSON)/%
mpd_manager.threads  := yes
mpd_manager.float    := yes
mpd_manager.flags    := -Dyyjson_api=
mpd_manager.needs    := $(BUILD)/third-party/llhttp.stamp $(BUILD)/third-party/yyjson.stamp
$(eval $(call component,mpd_manager))

# $(call module_images,MANIFEST): the images that a manifest names, each once.
module_images = $(addprefix $(COMPONENT_OUT)/,$(shell awk '$$1 == "component" && !seen[$$4]++ { print $$4 }' $(1)))

WEBSERVER_MANIFEST := webserver/webserver.manifest
WEBSERVER_IMAGES := $(call module_images,$(WEBSERVER_MANIFEST))

define modules_list
	@mkdir -p $(@D)
	@{ echo '$(1) webserver.manifest'; for image in $(2); do echo "$$image $${image##*/}"; done; } >$@
endef

image: $(BUILD)/webserver/modules.list
$(BUILD)/webserver/modules.list: $(WEBSERVER_MANIFEST) $(WEBSERVER_IMAGES)
	$(call modules_list,$(WEBSERVER_MANIFEST),$(WEBSERVER_IMAGES))

# $(call words_file,FILE,WORDS): a file that is newer when these words are others.
define words_file
$(1): FORCE
	@mkdir -p $$(@D)
	@echo '$(2)' | cmp -s - $$@ || echo '$(2)' >$$@
endef

# Components that were added: NAME/NAME.manifest, and NAME.mk beside it.
ADDED_MANIFESTS := $(sort $(wildcard components/*/*.manifest webserver/*/*.manifest))
-include $(ADDED_MANIFESTS:.manifest=.mk)
SYSTEM_MANIFEST := $(BUILD)/system/webserver.manifest
SYSTEM_IMAGES := $(WEBSERVER_IMAGES) $(filter-out $(WEBSERVER_IMAGES),$(if $(ADDED_MANIFESTS),$(call module_images,$(ADDED_MANIFESTS))))
image: $(BUILD)/system/modules.list
$(eval $(call words_file,$(BUILD)/system/added,$(ADDED_MANIFESTS)))
$(SYSTEM_MANIFEST): components/compose $(WEBSERVER_MANIFEST) $(ADDED_MANIFESTS) $(BUILD)/system/added
	$(Q)components/compose $@ $(WEBSERVER_MANIFEST) $(ADDED_MANIFESTS)
$(BUILD)/system/modules.list: $(SYSTEM_MANIFEST) $(SYSTEM_IMAGES)
	$(call modules_list,$<,$(SYSTEM_IMAGES))

WILD_IMAGES := $(patsubst %/static_content.elf,%/static_content_wild.elf,$(WEBSERVER_IMAGES))

image-wild: $(BUILD)/webserver-wild/modules.list
$(BUILD)/webserver-wild/webserver.manifest: $(WEBSERVER_MANIFEST)
	@mkdir -p $(@D)
	@sed 's/static_content\.elf/static_content_wild.elf/' $< >$@
$(BUILD)/webserver-wild/modules.list: $(BUILD)/webserver-wild/webserver.manifest $(WILD_IMAGES)
	$(call modules_list,$<,$(WILD_IMAGES))

# Every component with that setting of the heap, and a tcp whose memory is its heap: build/webserver-SETTING. build/webserver-SETTING-unchecked: the
# device's own accesses are not checked, besides, and vnic may use the packets.
HEAP_IMAGES := $(patsubst %/tcp.elf,%/tcp_heap.elf,$(WEBSERVER_IMAGES))
image-heaps: $(foreach name,slab guard slab-unchecked guard-unchecked plain-unchecked,$(BUILD)/webserver-$(name)/modules.list)

# $(call heap_manifest,NAME,SETTING,more of sed's)
define heap_manifest
$(BUILD)/webserver-$(1)/webserver.manifest: $(WEBSERVER_MANIFEST) webserver/webserver.mk
	@mkdir -p $$(@D)
	@sed -E -e '/^component /s/$$$$/ heap $(2)/' -e 's/tcp\.elf +memory 256K/tcp_heap.elf memory 1M/' $(3) $$< >$$@
$(BUILD)/webserver-$(1)/modules.list: $(BUILD)/webserver-$(1)/webserver.manifest $(HEAP_IMAGES)
	$$(call modules_list,$$<,$(HEAP_IMAGES))
endef
$(foreach setting,plain slab guard,$(eval $(call heap_manifest,$(setting)-unchecked,$(setting),-e '/^device /s/ checked.*//' -e '/^pool net /s/ rw / rw vnic /')) \
    $(eval $(call heap_manifest,$(setting),$(setting))))

test-boot-built: image-wild image-heaps

include components/examples/examples.mk
