/* The files of the page, as embed.cmake puts them into the program. */
#ifndef SERAI_SITE_PAGE_FILES_H
#define SERAI_SITE_PAGE_FILES_H

#include <stddef.h>
#include <stdint.h>

enum { PAGE_FILES_MAX = 16 };

struct page_file {
    const char *path; /* of the request */
    const char *type; /* Content-Type */
    const char *etag;
    const uint8_t *bytes;
    size_t size;
};

extern const struct page_file page_files[]; /* at most PAGE_FILES_MAX */
extern const size_t page_file_count;

#endif
