/* Fuel of the running turn.  Private to this part. */
#ifndef SERAI_AGENTS_WORK_H
#define SERAI_AGENTS_WORK_H

#endif
