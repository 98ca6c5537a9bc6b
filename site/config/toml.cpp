/* The only C++ of the tree: toml++ behind one C function.  No exception leaves it. */
#include "site/config/toml.h"
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <new>
#include <string>
#include <string_view>
#include <toml++/toml.h>
#include <vector>

namespace
{

struct found {
    std::string path;
    std::string text;
    enum toml_kind kind;
    toml::source_position key;
    toml::source_position value;
};

bool is_bare(std::string_view key)
{
    return !key.empty() && key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") ==
                               std::string_view::npos;
}

std::string join(const std::string &path, std::string_view key)
{
    std::string quoted = is_bare(key) ? std::string(key) : '"' + std::string(key) + '"';

    /* A NUL within would hide the rest of the key from C. */
    std::replace(quoted.begin(), quoted.end(), '\0', '?');
    return path.empty() ? quoted : path + '.' + quoted;
}

void describe(const toml::node &node, found &item)
{
    if (const auto *text = node.as_string(); text && text->get().find('\0') == std::string::npos) {
        item.kind = TOML_TEXT;
        item.text = text->get();
    } else if (const auto *integer = node.as_integer()) {
        item.kind = TOML_INTEGER;
        item.text = std::to_string(integer->get());
    } else if (const auto *number = node.as_floating_point()) {
        char digits[40];

        (void)std::snprintf(digits, sizeof digits, "%.9g", number->get());
        item.kind = TOML_FLOAT;
        item.text = digits;
    }
}

/* The depth is bounded: toml++ refuses tables nested deeper than 256. */
void collect(const toml::table &table, const std::string &path, std::vector<found> &items)
{
    for (const auto &[key, node] : table) {
        const toml::table *inner = node.as_table();
        found item{join(path, key.str()), "", inner ? TOML_TABLE : TOML_OTHER, key.source().begin,
                   node.source().begin};

        describe(node, item);
        items.push_back(item);
        if (inner)
            collect(*inner, item.path, items);
    }
}

/*
 * toml++ 3.3.0 runs into its own TOML_UNREACHABLE on letters such as U+00E9 where a value or blank
 * may stand.  No key or value of ours needs them, so lines of comment may hold them, and the parser
 * is shown '?' there (a text of many lines can look like one); elsewhere they are refused.
 */
bool make_plain(std::string &text, struct toml_error *bad)
{
    std::uint32_t line = 1;
    std::uint32_t column = 1;
    bool is_comment = false;
    bool is_blank = true;

    for (char &c : text) {
        if (c == '\n') {
            line++;
            column = 1;
            is_comment = false;
            is_blank = true;
            continue;
        }
        if (static_cast<unsigned char>(c) > 0x7f) {
            if (!is_comment) {
                *bad = {line, column, "letters beyond ASCII are only for lines of comment"};
                return false;
            }
            c = '?';
        }
        is_comment = is_comment || (is_blank && c == '#');
        is_blank = is_blank && (c == ' ' || c == '\t');
        column++;
    }
    return true;
}

void copy_error(const toml::parse_error &error, struct toml_error *bad)
{
    std::string text(error.description());

    bad->line = error.source().begin.line;
    bad->column = error.source().begin.column;
    (void)std::snprintf(bad->text, sizeof bad->text, "%s", text.c_str());
}

} // namespace

extern "C" enum toml_result toml_visit(const char *data, size_t size,
                                       void (*visit)(void *context, const struct toml_item *item),
                                       void *context, struct toml_error *bad)
{
    try {
        std::vector<found> items;
        std::string text(data, size);

        if (!make_plain(text, bad))
            return TOML_BAD;
        const toml::table table = toml::parse(text);

        collect(table, "", items);
        std::stable_sort(items.begin(), items.end(),
                         [](const found &a, const found &b) { return a.key < b.key; });
        for (const found &item : items) {
            const struct toml_item plain = {item.path.c_str(), item.kind,       item.text.c_str(),
                                            item.key.line,     item.key.column, item.value.line,
                                            item.value.column};

            visit(context, &plain);
        }
        return TOML_DONE;
    } catch (const toml::parse_error &error) {
        copy_error(error, bad);
        return TOML_BAD;
    } catch (const std::bad_alloc &) {
        return TOML_NOMEM;
    } catch (...) {
        *bad = {0, 0, "the parser failed in a way it does not document"};
        return TOML_BAD;
    }
}
