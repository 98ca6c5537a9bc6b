/*
 * What an object may be, seen before it is mapped: loading one must run nothing, want nothing and
 * open nothing.  See native_elf.h.
 */
#include "engine/native_elf.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
enum { ELF_MACHINE = EM_X86_64, ELF_RELATIVE = R_X86_64_RELATIVE };
#elif defined(__aarch64__)
enum { ELF_MACHINE = EM_AARCH64, ELF_RELATIVE = R_AARCH64_RELATIVE };
#else
enum { ELF_MACHINE = EM_NONE, ELF_RELATIVE = 0 }; /* no object fits: tier 0 alone */
#endif

enum { ELF_BYTES_MAX = 64 * 1024 * 1024 };

struct elf {
    const uint8_t *bytes;
    size_t size;
    const char *path;
    Elf64_Ehdr header;
    struct fault *fault;
};

/* Every refusal names the file and what is wrong with it.  Returns ST_INVALID. */
static enum status elf_refuse(const struct elf *elf, const char *what)
{
    return fault_set(elf->fault, ST_INVALID, "%s is no object of tier 1: %s", elf->path, what);
}

/*
 * Whether `count` items of `size` bytes at `offset` are in the file.  Nothing is multiplied: all
 * three come from the file.
 */
static bool elf_has(const struct elf *elf, uint64_t offset, uint64_t count, uint64_t size)
{
    return offset <= elf->size && count <= (elf->size - offset) / size;
}

/* A copy, as nothing in a file is aligned.  The caller has checked that `index` is in the table. */
static Elf64_Phdr elf_segment_at(const struct elf *elf, uint32_t index)
{
    Elf64_Phdr segment;

    memcpy(&segment, elf->bytes + elf->header.e_phoff + index * sizeof segment, sizeof segment);
    return segment;
}

/* Where in the file an address of the mapped object lies; the file's size when it lies nowhere. */
static uint64_t elf_offset_of(const struct elf *elf, uint64_t address)
{
    for (uint32_t i = 0; i < elf->header.e_phnum; i++) {
        Elf64_Phdr segment = elf_segment_at(elf, i);

        if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
            address - segment.p_vaddr < segment.p_filesz)
            return segment.p_offset + (address - segment.p_vaddr);
    }
    return elf->size;
}

/* After this the kind of file is known, and its table of segments is all there. */
static enum status elf_check_header(struct elf *elf)
{
    if (elf->size < sizeof elf->header || memcmp(elf->bytes, ELFMAG, SELFMAG) != 0)
        return elf_refuse(elf, "it is no ELF file");
    memcpy(&elf->header, elf->bytes, sizeof elf->header);
    if (elf->header.e_ident[EI_CLASS] != ELFCLASS64 ||
        elf->header.e_ident[EI_DATA] != ELFDATA2LSB || elf->header.e_type != ET_DYN ||
        elf->header.e_machine != ELF_MACHINE || elf->header.e_phentsize != sizeof(Elf64_Phdr))
        return elf_refuse(elf, "it is no shared object of this machine");
    if (!elf_has(elf, elf->header.e_phoff, elf->header.e_phnum, sizeof(Elf64_Phdr)))
        return elf_refuse(elf, "it is cut off");
    return ST_OK;
}

/*
 * Only such as fill in the object's own addresses: no symbol is looked up, and no resolver of one
 * runs.
 */
static enum status elf_check_relocations(const struct elf *elf, uint64_t address, uint64_t size)
{
    /*
     * An object may have none.  An address that lies nowhere gives the file's size, where nothing
     * follows.
     */
    uint64_t offset = size == 0 ? 0 : elf_offset_of(elf, address);
    Elf64_Rela relocation;

    if (!elf_has(elf, offset, size, 1))
        return elf_refuse(elf, "its relocations are cut off");
    for (uint64_t at = 0; at + sizeof relocation <= size; at += sizeof relocation) {
        memcpy(&relocation, elf->bytes + offset + at, sizeof relocation);
        if (ELF64_R_TYPE(relocation.r_info) != ELF_RELATIVE)
            return elf_refuse(elf, "it asks for more than its own addresses");
    }
    return ST_OK;
}

/*
 * A list of what is allowed, so that a tag which nobody thought of is refused.  Nothing wanted
 * (DT_NEEDED), nothing run on loading or unloading (DT_INIT, ...), no hooks.
 */
static bool elf_tag_is_harmless(int64_t tag)
{
    static const int64_t harmless[] = {DT_HASH,   DT_GNU_HASH, DT_STRTAB,  DT_SYMTAB,  DT_STRSZ,
                                       DT_SYMENT, DT_RELA,     DT_RELASZ,  DT_RELAENT, DT_RELACOUNT,
                                       DT_FLAGS,  DT_FLAGS_1,  DT_BIND_NOW};

    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++)
        if (tag == harmless[i])
            return true;
    return false;
}

/*
 * The dynamic section is what the loader acts on: each of its entries is looked at, up to DT_NULL,
 * where the loader stops, too.
 */
static enum status elf_check_dynamic(const struct elf *elf, const Elf64_Phdr *segment)
{
    uint64_t count = segment->p_filesz / sizeof(Elf64_Dyn);
    uint64_t relocations = 0;
    uint64_t relocations_bytes = 0;

    if (!elf_has(elf, segment->p_offset, count, sizeof(Elf64_Dyn)))
        return elf_refuse(elf, "it is cut off");
    for (uint64_t i = 0; i < count; i++) {
        Elf64_Dyn entry;

        memcpy(&entry, elf->bytes + segment->p_offset + i * sizeof entry, sizeof entry);
        if (entry.d_tag == DT_NULL)
            break;
        if (!elf_tag_is_harmless(entry.d_tag))
            return elf_refuse(elf, "it wants a library, or runs something when it is loaded");
        if (entry.d_tag == DT_RELA)
            relocations = entry.d_un.d_ptr;
        if (entry.d_tag == DT_RELASZ)
            relocations_bytes = entry.d_un.d_val;
    }
    return elf_check_relocations(elf, relocations, relocations_bytes);
}

/*
 * What the loader maps, and with which rights.  Two dynamic sections are refused, as the loader
 * might act on the one that was not looked at.
 */
static enum status elf_check_segments(const struct elf *elf)
{
    bool dynamic = false;

    for (uint32_t i = 0; i < elf->header.e_phnum; i++) {
        Elf64_Phdr segment = elf_segment_at(elf, i);

        if (segment.p_type == PT_TLS || segment.p_type == PT_INTERP)
            return elf_refuse(elf, "it is a program, or has data of threads");
        if (segment.p_type == PT_GNU_STACK && (segment.p_flags & PF_X) != 0)
            return elf_refuse(elf, "it wants an executable stack");
        if (segment.p_type == PT_LOAD && (segment.p_flags & (PF_W | PF_X)) == (PF_W | PF_X))
            return elf_refuse(elf, "a part of it is writable and executable");
        if (segment.p_type != PT_DYNAMIC)
            continue;
        if (dynamic)
            return elf_refuse(elf, "it has two dynamic sections");
        dynamic = true;
        if (elf_check_dynamic(elf, &segment) != ST_OK)
            return ST_INVALID;
    }
    return dynamic ? ST_OK : elf_refuse(elf, "it has no dynamic section");
}

static enum status elf_check_bytes(struct elf *elf)
{
    enum status status = elf_check_header(elf);

    return status == ST_OK ? elf_check_segments(elf) : status;
}

/* The whole file; the caller frees *bytes. */
static enum status elf_read_file(const char *path, uint8_t **bytes, size_t *size,
                                 struct fault *fault)
{
    FILE *in = fopen(path, "rb");
    long end = -1;
    enum status status = ST_OK;

    *bytes = NULL;
    if (in == NULL)
        return fault_set(fault, ST_IO, "open %s: %s", path, strerror(errno));
    if (fseek(in, 0, SEEK_END) == 0)
        end = ftell(in);
    /* It bounds what a damaged or foreign file can make us take. */
    if (end < 0 || end > ELF_BYTES_MAX || fseek(in, 0, SEEK_SET) != 0)
        status = fault_set(fault, ST_INVALID, "%s is no object of tier 1: its size", path);
    if (status == ST_OK) {
        *size = (size_t)end;
        *bytes = malloc(*size + 1);
        if (*bytes == NULL)
            status = fault_set(fault, ST_NOMEM, "no memory to read %s", path);
        else if (fread(*bytes, 1, *size, in) != *size)
            status = fault_set(fault, ST_IO, "read %s: %s", path, strerror(errno));
    }
    (void)fclose(in); /* it was only read */
    return status;
}

/*
 * Read whole and then mapped by another call: who can change the file in between can write to the
 * cache, and so to the site.
 */
enum status native_elf_check(const char *path, struct fault *fault)
{
    struct elf elf = {.path = path, .fault = fault};
    uint8_t *bytes;
    enum status status = elf_read_file(path, &bytes, &elf.size, fault);

    elf.bytes = bytes;
    if (status == ST_OK)
        status = elf_check_bytes(&elf);
    free(bytes);
    return status;
}
