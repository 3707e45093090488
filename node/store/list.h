/*
 * Covering lists: rows in an order, so that a page of a list is one sequential read.
 * Sort keys are cut at LIST_KEY_MAX bytes; equal ones are in the order of object numbers.
 */
#ifndef MAILLAGE_STORE_LIST_H
#define MAILLAGE_STORE_LIST_H

#include "node/store/txn.h"

enum list {
	LIST_TITLE = 1,		/* folded title */
	LIST_START,		/* start (events) or closing time (calls): u64 biased, ascending */
	LIST_UPDATED,		/* updated, descending (stored inverted) */
};
enum { LIST_KEY_MAX = 48 };

int list_put(struct txn *t, enum list list, const void *key, size_t len, uint32_t object, struct view row);
int list_del(struct txn *t, enum list list, const void *key, size_t len, uint32_t object);
/*
 * Walk from the first sort key >= start (or last <= start, backward); without start (len 0) from
 * the first or last of the list. list_close before the transaction ends.
 */
struct list_walk;
int list_open(struct txn *t, enum list list, const void *start, size_t len, bool backward, struct list_walk **ret);
int list_next(struct list_walk *w, uint32_t *ret_object, struct view *ret_row);
void list_close(struct list_walk *w);

#endif
