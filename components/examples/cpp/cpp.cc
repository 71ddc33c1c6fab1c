/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A program in C++: templates and classes, no library, no exceptions, no static constructors. It answers with
 * the last queries that it was asked, the newest first; below /fault it calls by a null pointer.
 */
extern "C" {
#include "export.h"
#include "program.h"
}

namespace
{
/* As many bytes of a text as there is room for. */
template <unsigned room> class Text
{
  public:
    void put(const char *from, uint32_t count)
    {
        for (uint32_t i = 0; i < count && bytes < room; i++)
            at[bytes++] = from[i];
    }
    const char *begin() const { return at; }
    uint32_t size() const { return bytes; }

  private:
    char at[room] = {};
    uint32_t bytes = 0;
};

/* The last `count` things that were put in. */
template <typename Thing, unsigned count> class Last
{
  public:
    Thing &next() { return things[put++ % count] = Thing(); }
    template <typename Visit> void newest_first(Visit visit) const
    {
        for (uint64_t i = 0; i < count && i < put; i++)
            visit(things[(put - 1 - i) % count]);
    }

  private:
    Thing things[count] = {};
    uint64_t put = 0;
};

/* Constant before the component begins: no constructor runs. */
constinit Last<Text<64>, 4> queries{};

template <unsigned bytes> bool path_is(const program_request *request, const char (&path)[bytes])
{
    if (request->path_bytes != bytes - 1)
        return false;
    for (unsigned i = 0; i < bytes - 1; i++)
        if (program_path(request)[i] != path[i])
            return false;
    return true;
}
} // namespace

extern "C" long component_init(component_t)
{
    return SHOJI_OK;
}

extern "C" SHOJI_EXPORT long program_answer(const program_request *request, char *reply)
{
    if (request->method != PROGRAM_GET)
        return SHOJI_EPERM;
    if (path_is(request, "/fault")) {
        void (*volatile nowhere)() = nullptr;
        nowhere();
    }
    if (!path_is(request, ""))
        return SHOJI_ENOENT;
    queries.next().put(program_query(request), request->query_bytes);
    long length = 0;
    queries.newest_first([&](const auto &query) {
        for (uint32_t i = 0; i < query.size(); i++)
            reply[length++] = query.begin()[i];
        reply[length++] = '\n';
    });
    return length;
}
