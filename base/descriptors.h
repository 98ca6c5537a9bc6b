/*
 * Descriptors that others gave us, or did not.
 *
 * Descriptors 0, 1 and 2 may be closed when a program starts.  Then the next file that it opens
 * gets their numbers, and what it prints is written into that file.
 */
#ifndef SERAI_BASE_DESCRIPTORS_H
#define SERAI_BASE_DESCRIPTORS_H

#include "base/status.h"

/*
 * The first thing that main() does: fill those of 0, 1 and 2 that are closed, so that no file of
 * ours ever has one of these numbers.  Reading from or writing to a filled one fails, as it would
 * have done, so a command that could not print its answer still knows.  False: the system refuses;
 * then the program must end before it opens anything.
 */
MUST_CHECK bool descriptors_fill(void);

/*
 * Can `fd` take a few bytes for another program to read: a pipe, socket, terminal or regular file
 * that is open for writing?  ST_INVALID says what it is instead.
 */
MUST_CHECK enum status descriptor_check_output(int fd, struct fault *fault);

#endif
