/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The dashboard's files, as static_content has them, at all paths that are no other handler's: piece by
 * piece, compressed for who takes that. A page may run nothing but its own files' scripts, and ask nobody but
 * us.
 *
 * 1. A file is read while its length and tag are what its head said; else its reply is cut short.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "content.h"
#include "handlers.h"
#include "http_parser/range.h"
#include "layout.h"

#define PATH_MOST 200

extern char pool_dashboard[], pool_dashboard_end[];

#define POLICY                                                                                               \
    "Cache-Control: no-cache\r\nVary: Accept-Encoding\r\nX-Content-Type-Options: nosniff\r\n"                \
    "Referrer-Policy: no-referrer\r\nContent-Security-Policy: default-src 'none'; script-src 'self'; "       \
    "style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "      \
    "frame-ancestors 'none'\r\n"
static const char plain_header[] = POLICY, compressed_header[] = POLICY "Content-Encoding: gzip\r\n";

/* A file as it is being read. */
struct page {
    uint64_t total, tag, at;
    uint32_t path_bytes;
    char path[PATH_MOST];
};

/* static_content's answer about the page from `at` on, in the pool's first piece; layout_lock is held. */
static long page_ask(const struct page *page, uint64_t most)
{
    memcpy(pool_dashboard, page->path, page->path_bytes);
    return static_page(pool_dashboard, page->path_bytes, page->at, most);
}

static uint64_t page_tag(void)
{
    return ((const struct content_meta *)(pool_dashboard + CONTENT_META_AT))->tag;
}

/* ---- Reading ---- */

static long page_read(long state, char *out, uint64_t room)
{
    struct page *page = (struct page *)state;
    uint64_t most = room < CONTENT_META_AT ? room : CONTENT_META_AT;
    layout_lock();
    long result = page_ask(page, most);
    uint64_t copied = result < 0 ? 0 : CONTENT_COPIED(result);
    if (result >= 0 && (CONTENT_TOTAL(result) != page->total || page_tag() != page->tag || copied > most))
        result = SHOJI_EINVAL;
    if (result >= 0)
        memcpy(out, pool_dashboard, copied);
    layout_unlock();
    page->at += copied;
    return result < 0 ? SHOJI_ECLOSED : (long)copied;
}

static void page_end(long state)
{
    free((struct page *)state);
}

static const struct answer_source page_source = {page_read, page_end};

/* ---- Choosing ---- */

static const char *page_type(const char *path, size_t bytes)
{
    static const struct {
        const char *ending, *type;
    } types[] = {
        {"/", "text/html; charset=utf-8"}, {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript"},        {".css", "text/css"},
        {".svg", "image/svg+xml"},         {".json", "application/json"},
        {".woff2", "font/woff2"},          {".png", "image/png"},
        {".ico", "image/x-icon"},          {".txt", "text/plain; charset=utf-8"},
        {".yaml", "application/yaml"},
    };
    for (unsigned i = 0; i < sizeof types / sizeof *types; i++) {
        size_t length = strlen(types[i].ending);
        if (bytes >= length && memcmp(path + bytes - length, types[i].ending, length) == 0)
            return types[i].type;
    }
    return "application/octet-stream";
}

/* Is `word` in [at, end) but for blanks around it? */
static bool is_word(const char *at, const char *end, const char *word)
{
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    while (at < end && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return (size_t)(end - at) == strlen(word) && strncasecmp(at, word, strlen(word)) == 0;
}

/* A quality of nought: q=0, q=0.0 and so on. */
static bool is_refused(const char *at, const char *end)
{
    while (at < end && (*at == ';' || *at == ' ' || *at == '\t'))
        at++;
    if (end - at < 3 || (at[0] | 0x20) != 'q' || at[1] != '=' || at[2] != '0')
        return false;
    for (at += 3; at < end && *at != ' '; at++)
        if (*at != '.' && *at != '0')
            return false;
    return true;
}

/* Does Accept-Encoding list gzip? What was cut off does not count. */
static bool takes_gzip(const struct request_header_value *accept)
{
    const char *at = accept->text, *end = at + accept->bytes;
    while (at < end) {
        const char *comma = memchr(at, ',', (size_t)(end - at)), *stop = comma ? comma : end;
        const char *semicolon = memchr(at, ';', (size_t)(stop - at)),
                   *name_end = semicolon ? semicolon : stop;
        if (is_word(at, name_end, "gzip"))
            return !is_refused(name_end, stop);
        at = stop + 1;
    }
    return false;
}

/* Finds the file: its length and tag are in `page`. */
static long page_find(struct page *page, const char *path, uint32_t bytes, const char *ending)
{
    size_t more = strlen(ending);
    if (bytes + more > sizeof page->path)
        return SHOJI_ENOENT;
    *page = (struct page){.path_bytes = bytes + (uint32_t)more};
    memcpy(page->path, path, bytes);
    memcpy(page->path + bytes, ending, more);
    long result = page_ask(page, 0);
    if (result >= 0)
        page->total = CONTENT_TOTAL(result);
    page->tag = page_tag();
    return result;
}

static void page_give(const struct request *request, const struct page *page, struct control_answer *answer)
{
    const struct request_header_value *none = &request->wish->values[REQUEST_IF_NONE_MATCH];
    answer->bytes = page->total;
    answer->tag = page->tag;
    if (none->bytes && tag_listed(none->text, none->bytes, page->tag)) {
        answer->status = 304;
        return;
    }
    struct page *kept = malloc(sizeof *kept);
    if (!kept) {
        answer_refuse(answer, 503, "Memory is short.");
        return;
    }
    *kept = *page;
    answer->status = 200;
    answer->source = &page_source;
    answer->state = (long)kept;
    answer->sized = true;
}

bool page_answer(const struct request *request, struct control_answer *answer)
{
    struct page page;
    const char *path;
    uint32_t bytes = request_path(request, &path);
    bool compressed = takes_gzip(request_far(request, REQUEST_ACCEPT_ENCODING)) &&
                      page_find(&page, path, bytes, path[bytes - 1] == '/' ? "index.html.gz" : ".gz") >= 0;
    long found = compressed ? 0 : page_find(&page, path, bytes, "");
    if (found == SHOJI_ENOENT)
        return false;
    answer->type = page_type(path, bytes);
    answer->header = compressed ? compressed_header : plain_header;
    if (found < 0)
        answer_refuse(answer, 503, "Component static_content, which has this file, is down; try again.");
    else
        page_give(request, &page, answer);
    return true;
}

void get_page(const struct request *request, struct control_answer *answer)
{
    if (!page_answer(request, answer))
        answer_refuse(answer, 404, "The dashboard was not built into this system.");
}
