/*
 * Lines of key=value, one event a line.  Programs log, libraries return: only the binary's
 * commands, the http log hook, sync and the tickers call this.
 */
#ifndef MAILLAGE_LOG_H
#define MAILLAGE_LOG_H

#include <stddef.h>

/* file "" or NULL: standard error. Thread-safe; a line is one write(2). */
int log_open(const char *file);
/* level: "info" "warn" "error" "bug"; area: "http" "sync" "store" …; fmt yields key=value pairs. */
void log_line(const char *level, const char *area, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
