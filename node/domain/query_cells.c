/* Which objects lie in a box, by the squares of the globe they are stored under. */
#include "node/domain/query_plan.h"

enum {
	CELLS_MAX = 600, /* square degrees looked up one by one */
	CELLS_ALL = 180 * 360,
	CELL_CROWD = 100, /* objects in a square before it is taken apart */
};

/* Squares inside match as they are, at the edge rows decide. */
struct cells {
	struct plan *p;
	const double *box;
	struct bitmap all, edge;
};

/* Degrees by which squares and points may be out: far less than a square, far more than a rounding.
 */
static const double slack = 1e-6;

/* 2: inside, 1: at the edge, 0: outside. */
static int cell_place(const double *box, double south, double west, double size)
{
	double north = south + size, east = west + size;
	bool inside, touches;

	if (north + slack < box[1] || south - slack > box[3])
		return 0;
	if (box[0] <= box[2]) {
		inside = west - slack >= box[0] && east + slack <= box[2];
		touches = east + slack >= box[0] && west - slack <= box[2];
	} else { /* across the antimeridian */
		inside = west - slack >= box[0] || east + slack <= box[2];
		touches = east + slack >= box[0] || west - slack <= box[2];
	}
	inside &= south - slack >= box[1] && north + slack <= box[3];
	return touches ? 1 + inside : 0;
}

static int term_add(struct cells *c, const char *term, size_t len, struct bitmap *into)
{
	int err = posting_union(c->p->txn, term, len, into);

	return err == ERR_NOTFOUND ? OK : err;
}

static int cell_union(struct cells *c, const char *term, size_t len, int place)
{
	int err = place ? term_add(c, term, len, &c->all) : OK;

	return err || place != 1 ? err : term_add(c, term, len, &c->edge);
}

/* One square degree; if it is crowded and at the edge, its hundred parts. */
static int cell_add(struct cells *c, const char *term, size_t len, int y, int x)
{
	int place = cell_place(c->box, y, x, 1), err = OK;
	const double size = 1.0 / DERIVE_FINE;
	char fine[POSTING_TERM_MAX + 1];

	if (place != 1 || posting_count(c->p->txn, term, len) < CELL_CROWD)
		return cell_union(c, term, len, place);
	for (int i = 0; i < DERIVE_FINE * DERIVE_FINE && !err; i++) {
		double south = y + size * (i / DERIVE_FINE), west = x + size * (i % DERIVE_FINE);

		place = cell_place(c->box, south, west, size);
		if (!place)
			continue;
		/* A square is named by its middle, away from any rounding. */
		len = derive_cell_term(DERIVE_FINE, south + size / 2, west + size / 2, fine);
		err = cell_union(c, fine, len, place);
	}
	return err;
}

static int each_cell(void *arg, const char *term, size_t len)
{
	int y = 0, x = 0;

	if (len != 9)
		return 0;
	for (int i = 1; i <= 4; i++) {
		y = 10 * y + (term[i] - '0');
		x = 10 * x + (term[i + 4] - '0');
	}
	return cell_add(arg, term, len, y - 90, x - 180);
}

static int whole_degree(double v, int least, int most)
{
	int i;

	if (!(v > least))
		return least;
	if (v >= most)
		return most - 1;
	i = (int)v;
	return i > v ? i - 1 : i;
}

static int cells_gather(struct cells *c)
{
	const double *box = c->box;
	int south = whole_degree(box[1] - slack, -90, 90);
	int north = whole_degree(box[3] + slack, -90, 90);
	int west = whole_degree(box[0] - slack, -180, 180);
	int east = whole_degree(box[2] + slack, -180, 180);
	int columns = box[0] <= box[2] ? east - west + 1 : 360 - (west - east) + 1;
	char term[POSTING_TERM_MAX + 1];
	int err = OK;

	if (columns > 360)
		columns = 360;
	/* Many squares: those that somebody lives in are fewer. */
	if (south <= north && (north - south + 1) * columns > CELLS_MAX)
		return posting_terms(c->p->txn, "\3", 1, CELLS_ALL, each_cell, c);
	for (int y = south; y <= north && !err; y++)
		for (int i = 0; i < columns && !err; i++) {
			int x = west + i < 180 ? west + i : west + i - 360;

			err = cell_add(c, term, derive_cell_term(1, y + 0.5, x + 0.5, term), y, x);
		}
	return err;
}

int cells_find(struct plan *p, struct bitmap *ret_all, struct bitmap *ret_edge)
{
	struct cells c = {.p = p, .box = p->q->bbox};
	int err = bitmap_init(&c.all, p->max);

	if (!err)
		err = bitmap_init(&c.edge, p->max);
	if (!err)
		err = cells_gather(&c);
	if (err) {
		bitmap_done(&c.all);
		bitmap_done(&c.edge);
		return err;
	}
	*ret_all = c.all;
	*ret_edge = c.edge;
	return OK;
}
