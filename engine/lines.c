#include "engine/lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

enum {
    SECTION_CUSTOM = 0,
    SECTION_CODE = 10,
    MODULE_HEAD_BYTES = 8,
    VERSION = 4,
    LINE_PATH_BYTES_MAX = 4096,
    OPCODES = 256,
    UNKNOWN_FILE = -1,
};

/* The standard opcodes of a line program, and the extended ones. */
enum line_opcode {
    LINE_EXTENDED = 0,
    LINE_COPY = 1,
    LINE_ADVANCE_PC = 2,
    LINE_ADVANCE_LINE = 3,
    LINE_SET_FILE = 4,
    LINE_CONST_ADD_PC = 8,
    LINE_FIXED_ADVANCE_PC = 9,
};
enum line_extended { LINE_END_SEQUENCE = 1, LINE_SET_ADDRESS = 2 };

/* From this address on, in the code section, the line is this one. */
struct line_row {
    uint32_t address;
    uint32_t line;  /* 0: none, as at the end of a sequence */
    int32_t file;   /* among engine_lines.files; below 0: unknown */
    uint32_t order; /* in which they were read: of rows at one address the last holds */
};

struct engine_lines {
    uint32_t code_offset;  /* of the code section's content in the module */
    struct line_row *rows; /* by address */
    size_t row_count;
    size_t row_capacity;
    char **files;
    size_t file_count;
    size_t file_capacity;
};

/* ---- bytes ---- */

/* A stretch of bytes that is read; `bad` once it was read past its end. */
struct cursor {
    const uint8_t *at;
    const uint8_t *end;
    bool bad;
};

static size_t cursor_left(const struct cursor *in)
{
    return in->bad ? 0 : (size_t)(in->end - in->at);
}

static uint8_t cursor_u8(struct cursor *in)
{
    if (cursor_left(in) == 0) {
        in->bad = true;
        return 0;
    }
    return *in->at++;
}

static uint32_t cursor_fixed(struct cursor *in, unsigned bytes)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < bytes; i++)
        value |= (uint32_t)cursor_u8(in) << 8 * i;
    return value;
}

/* LEB128 of any length; bits above the 64th are dropped. */
static uint64_t cursor_leb(struct cursor *in, bool is_signed)
{
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte;

    do {
        byte = cursor_u8(in);
        if (shift < 64)
            value |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while ((byte & 0x80) != 0);
    if (is_signed && shift < 64 && (byte & 0x40) != 0)
        value |= UINT64_MAX << shift;
    return value;
}

static struct cursor cursor_take(struct cursor *in, uint64_t size)
{
    struct cursor part = {.at = in->at, .end = in->at, .bad = true};

    if (size > cursor_left(in)) {
        in->bad = true;
        return part;
    }
    in->at += size;
    return (struct cursor){.at = part.at, .end = in->at};
}

/* A text that ends with a NUL; "" at the end of the bytes. */
static const char *cursor_text(struct cursor *in)
{
    size_t left = cursor_left(in);
    const uint8_t *nul = left == 0 ? NULL : memchr(in->at, 0, left);
    const char *text = (const char *)in->at;

    if (nul == NULL) {
        in->bad = true;
        return "";
    }
    in->at = nul + 1;
    return text;
}

/* ---- sections of the module ---- */

/* Find the section of this id, a custom one by its name.  False: there is none. */
static bool section_find(const uint8_t *bytes, size_t size, uint8_t id, const char *name,
                         struct cursor *found)
{
    struct cursor in = {.at = bytes, .end = bytes + size};

    (void)cursor_take(&in, MODULE_HEAD_BYTES);
    while (cursor_left(&in) > 0) {
        uint8_t kind = cursor_u8(&in);
        uint64_t length = cursor_leb(&in, false);
        struct cursor section = cursor_take(&in, length);
        struct cursor label;

        if (in.bad)
            return false;
        *found = section;
        if (kind != id)
            continue;
        if (id != SECTION_CUSTOM)
            return true;
        label = cursor_take(found, cursor_leb(found, false));
        if (!label.bad && cursor_left(&label) == strlen(name) &&
            memcmp(label.at, name, strlen(name)) == 0)
            return true;
    }
    return false;
}

bool engine_same_code(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
    struct cursor left;
    struct cursor right;

    return section_find(a, a_size, SECTION_CODE, NULL, &left) &&
           section_find(b, b_size, SECTION_CODE, NULL, &right) && left.at - a == right.at - b &&
           cursor_left(&left) == cursor_left(&right) &&
           memcmp(left.at, right.at, cursor_left(&left)) == 0;
}

/* ---- one unit of the table ---- */

/* The head of a unit, and the registers of its program. */
struct line_unit {
    struct engine_lines *lines;
    struct cursor program;
    uint8_t step_bytes; /* minimum_instruction_length */
    int8_t line_base;
    uint8_t line_range;
    uint8_t opcode_base;
    uint8_t lengths[OPCODES]; /* of the arguments of standard opcodes */
    const char **directories; /* from 1 on; 0 is where the compiler ran */
    size_t directory_count;
    size_t directory_capacity;
    size_t first_file; /* its file 1 is lines->files[first_file] */
    size_t files;
    uint64_t address;
    uint64_t file;
    uint64_t line;
    size_t sequence; /* its first row */
    bool failed;     /* out of memory */
};

/* Keep "directory/name", or the name alone. */
static bool unit_add_file(struct line_unit *unit, const char *directory, const char *name)
{
    struct engine_lines *lines = unit->lines;
    size_t directory_size = strnlen(directory, LINE_PATH_BYTES_MAX);
    size_t name_size = strnlen(name, LINE_PATH_BYTES_MAX);
    char **files = array_grow(lines->files, &lines->file_capacity, lines->file_count + 1,
                              sizeof *lines->files);
    char *path;

    if (files == NULL)
        return false;
    lines->files = files;
    if (*name == '/')
        directory_size = 0;
    path = malloc(directory_size + name_size + 2);
    if (path == NULL)
        return false;
    memcpy(path, directory, directory_size);
    if (directory_size > 0)
        path[directory_size++] = '/';
    memcpy(path + directory_size, name, name_size);
    path[directory_size + name_size] = '\0';
    lines->files[lines->file_count++] = path;
    unit->files++;
    return true;
}

static bool unit_read_directories(struct line_unit *unit, struct cursor *head)
{
    for (;;) {
        const char *name = cursor_text(head);
        const char **directories;

        if (*name == '\0')
            return !head->bad;
        directories = array_grow(unit->directories, &unit->directory_capacity,
                                 unit->directory_count + 1, sizeof *directories);
        if (directories == NULL) {
            unit->failed = true;
            return false;
        }
        unit->directories = directories;
        directories[unit->directory_count++] = name;
    }
}

static bool unit_read_files(struct line_unit *unit, struct cursor *head)
{
    unit->first_file = unit->lines->file_count;
    for (;;) {
        const char *name = cursor_text(head);
        uint64_t directory;

        if (*name == '\0')
            return !head->bad;
        directory = cursor_leb(head, false);
        (void)cursor_leb(head, false); /* when it was changed, and its size: 0 */
        (void)cursor_leb(head, false);
        if (head->bad)
            return false;
        if (!unit_add_file(unit,
                           directory >= 1 && directory <= unit->directory_count
                               ? unit->directories[directory - 1]
                               : "",
                           name)) {
            unit->failed = true;
            return false;
        }
    }
}

/* Read the head of a unit.  False: it is none that is known here, or memory ran out. */
static bool unit_begin(struct line_unit *unit, struct cursor *in)
{
    struct cursor whole = cursor_take(in, cursor_fixed(in, 4));
    uint32_t version = cursor_fixed(&whole, 2);
    struct cursor head = cursor_take(&whole, cursor_fixed(&whole, 4));

    if (whole.bad || version != VERSION)
        return false;
    unit->program = whole;
    unit->step_bytes = cursor_u8(&head);
    (void)cursor_u8(&head); /* operations of one instruction: no machine of ours has several */
    (void)cursor_u8(&head); /* whether rows are statements at first */
    unit->line_base = (int8_t)cursor_u8(&head);
    unit->line_range = cursor_u8(&head);
    unit->opcode_base = cursor_u8(&head);
    if (head.bad || unit->line_range == 0 || unit->opcode_base == 0)
        return false;
    for (unsigned i = 1; i < unit->opcode_base; i++)
        unit->lengths[i] = cursor_u8(&head);
    return unit_read_directories(unit, &head) && unit_read_files(unit, &head);
}

/* ---- its program ---- */

static void unit_reset(struct line_unit *unit)
{
    unit->address = 0;
    unit->file = 1;
    unit->line = 1;
    unit->sequence = unit->lines->row_count;
}

static void unit_emit(struct line_unit *unit, uint64_t line)
{
    struct engine_lines *lines = unit->lines;
    bool known = unit->file >= 1 && unit->file <= unit->files;
    struct line_row *rows =
        array_grow(lines->rows, &lines->row_capacity, lines->row_count + 1, sizeof *lines->rows);

    if (rows == NULL) {
        unit->failed = true;
        return;
    }
    lines->rows = rows;
    rows[lines->row_count] = (struct line_row){
        .address = (uint32_t)unit->address,
        .line = line > UINT32_MAX ? 0 : (uint32_t)line,
        .file = known ? (int32_t)(unit->first_file + unit->file - 1) : UNKNOWN_FILE,
        .order = (uint32_t)lines->row_count};
    lines->row_count++;
}

/*
 * The end of a sequence.  One of a function that the linker left out begins at 0, where no function
 * is, or behind all: its rows are dropped.
 */
static void unit_end_sequence(struct line_unit *unit)
{
    const struct engine_lines *lines = unit->lines;
    uint32_t first = lines->row_count > unit->sequence ? lines->rows[unit->sequence].address : 0;

    if (first == 0 || unit->address < first || unit->address >= INT32_MAX)
        unit->lines->row_count = unit->sequence;
    else
        unit_emit(unit, 0);
    unit_reset(unit);
}

static void unit_extended(struct line_unit *unit)
{
    struct cursor *in = &unit->program;
    struct cursor part = cursor_take(in, cursor_leb(in, false));

    switch (cursor_u8(&part)) {
    case LINE_END_SEQUENCE:
        unit_end_sequence(unit);
        break;
    case LINE_SET_ADDRESS:
        unit->address = cursor_fixed(&part, 4);
        in->bad = in->bad || part.bad;
        break;
    default: /* a file, a discriminator, or of somebody's own */
        break;
    }
}

static void unit_standard(struct line_unit *unit, uint8_t opcode)
{
    struct cursor *in = &unit->program;

    switch (opcode) {
    case LINE_COPY:
        unit_emit(unit, unit->line);
        break;
    case LINE_ADVANCE_PC:
        unit->address += cursor_leb(in, false) * unit->step_bytes;
        break;
    case LINE_ADVANCE_LINE:
        unit->line += cursor_leb(in, true);
        break;
    case LINE_SET_FILE:
        unit->file = cursor_leb(in, false);
        break;
    case LINE_CONST_ADD_PC:
        unit->address +=
            (uint64_t)((255 - unit->opcode_base) / unit->line_range) * unit->step_bytes;
        break;
    case LINE_FIXED_ADVANCE_PC:
        unit->address += cursor_fixed(in, 2);
        break;
    default: /* columns, statements and the like: their arguments are passed over */
        for (unsigned i = 0; i < unit->lengths[opcode]; i++)
            (void)cursor_leb(in, false);
        break;
    }
}

static void unit_special(struct line_unit *unit, uint8_t opcode)
{
    unsigned adjusted = (unsigned)(opcode - unit->opcode_base);

    unit->address += (uint64_t)(adjusted / unit->line_range) * unit->step_bytes;
    unit->line += (uint64_t)(int64_t)(unit->line_base + (int)(adjusted % unit->line_range));
    unit_emit(unit, unit->line);
}

static bool unit_run(struct line_unit *unit)
{
    unit_reset(unit);
    while (cursor_left(&unit->program) > 0 && !unit->failed) {
        uint8_t opcode = cursor_u8(&unit->program);

        if (opcode == LINE_EXTENDED)
            unit_extended(unit);
        else if (opcode < unit->opcode_base)
            unit_standard(unit, opcode);
        else
            unit_special(unit, opcode);
    }
    unit->lines->row_count = unit->sequence; /* a sequence without an end says nothing */
    return !unit->program.bad && !unit->failed;
}

/* ---- the table ---- */

static int row_order(const void *a, const void *b)
{
    const struct line_row *x = a;
    const struct line_row *y = b;

    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static enum status lines_read(struct engine_lines *lines, struct cursor in, struct fault *fault)
{
    while (cursor_left(&in) > 0) {
        struct line_unit unit = {.lines = lines};
        bool done = unit_begin(&unit, &in) && unit_run(&unit);

        free(unit.directories);
        if (!done)
            return unit.failed ? fault_set(fault, ST_NOMEM, "lines of a module: out of memory")
                               : fault_set(fault, ST_INVALID,
                                           "the lines of the module are damaged, or not of DWARF "
                                           "%d, which serai-cc -g writes",
                                           VERSION);
    }
    if (lines->row_count > 0)
        qsort(lines->rows, lines->row_count, sizeof *lines->rows, row_order);
    return ST_OK;
}

enum status engine_lines_new(struct engine_lines **lines, const uint8_t *bytes, size_t size,
                             struct fault *fault)
{
    struct engine_lines *made;
    struct cursor code;
    struct cursor section;
    enum status status;

    *lines = NULL;
    if (size > UINT32_MAX || !section_find(bytes, size, SECTION_CODE, NULL, &code) ||
        !section_find(bytes, size, SECTION_CUSTOM, ".debug_line", &section))
        return fault_set(fault, ST_MISSING, "the module has no lines");
    made = calloc(1, sizeof *made);
    if (made == NULL)
        return fault_set(fault, ST_NOMEM, "lines of a module: out of memory");
    made->code_offset = (uint32_t)(code.at - bytes);
    status = lines_read(made, section, fault);
    if (status != ST_OK) {
        engine_lines_free(made);
        return status;
    }
    *lines = made;
    return ST_OK;
}

void engine_lines_free(struct engine_lines *lines)
{
    if (lines == NULL)
        return;
    for (size_t i = 0; i < lines->file_count; i++)
        free(lines->files[i]);
    free(lines->files);
    free(lines->rows);
    free(lines);
}

bool engine_lines_find(const struct engine_lines *lines, uint32_t offset, const char **file,
                       uint32_t *line)
{
    size_t low = 0; /* rows below it are at or before the address */
    uint32_t address = offset - lines->code_offset;
    const struct line_row *row;

    if (offset < lines->code_offset)
        return false;
    for (size_t high = lines->row_count; low < high;) {
        size_t middle = low + (high - low) / 2;

        if (lines->rows[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return false;
    row = &lines->rows[low - 1];
    if (row->line == 0 || row->file < 0)
        return false;
    *file = lines->files[row->file];
    *line = row->line;
    return true;
}
