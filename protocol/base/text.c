#include "protocol/base/text.h"

#include <libstemmer.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "protocol/base/err.h"
#include "protocol/base/utf8.h"

enum {
	FOLD_MAX = 128,	   /* bytes one character can fold to (U+FDFA: 18 characters) */
	FOLD_CHUNK = 512,  /* bytes collected before they are appended */
	MEMO_SLOTS = 4096, /* remembered words, about 350 KiB; a power of two */
};

bool text_valid(const char *s, size_t len)
{
	const uint8_t *p = (const uint8_t *)s, *end = p + len;

	while (p < end) {
		size_t n;

		while (end - p >= 8) {
			uint64_t v = utf8_load8(p);

			if ((v & 0x8080808080808080u) || utf8_has_zero(v))
				break;
			p += 8;
		}
		if (p == end)
			break;
		n = *p ? utf8_step(p, (size_t)(end - p)) : 0;
		if (!n)
			return false;
		p += n;
	}
	return true;
}

size_t text_length(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((uint8_t)*s & 0xc0) != 0x80;
	return n;
}

/* Everything below U+0300 is its own NFC; UTF-8 writes it with lead bytes below 0xcc. */
static bool nfc_plain(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((uint8_t)s[i] >= 0xcc)
			return false;
	return true;
}

int text_nfc(const char *s, size_t len, char **ret_text)
{
	utf8proc_uint8_t *out;
	utf8proc_ssize_t n;

	if (!text_valid(s, len))
		return ERR_INVALID;
	if (nfc_plain(s, len)) {
		char *copy = malloc(len + 1);

		if (!copy)
			return ERR_NOMEM;
		if (len)
			memcpy(copy, s, len);
		copy[len] = '\0';
		*ret_text = copy;
		return OK;
	}
	n = utf8proc_map((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)len, &out,
			 UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	if (n < 0)
		return n == UTF8PROC_ERROR_NOMEM ? ERR_NOMEM : ERR_INVALID;
	*ret_text = (char *)out;
	return OK;
}

/*
 * Folding, one character at a time.  A character becomes letters and digits in UTF-8, ' ' where a
 * word ends, and '\'' where it ends in an apostrophe (French elisions need to know).
 */

/* U+0000 to U+007F. */
static const char fold_ascii[129] =
	"                                       '        0123456789       "
	"abcdefghijklmnopqrstuvwxyz      abcdefghijklmnopqrstuvwxyz     ";

/* U+0080 to U+017F, what fold_general would answer: French never leaves these two tables. */
static const char fold_latin[256][4] = {
	" ",	    " ", " ",  " ",  " ",	 " ",	     " ",	 " ",	" ",
	" ",	    " ", " ",  " ",  " ",	 " ",	     " ",	 " ",	" ",
	" ",	    " ", " ",  " ",  " ",	 " ",	     " ",	 " ",	" ",
	" ",	    " ", " ",  " ",  " ",	 " ",	     " ",	 " ",	" ",
	" ",	    " ", " ",  " ",  " ",	 " ",	     "a",	 " ",	" ",
	"",	    " ", " ",  " ",  " ",	 "2",	     "3",	 " ",	"\xce\xbc",
	" ",	    " ", " ",  "1",  "o",	 " ",	     "1 4",	 "1 2", "3 4",
	" ",	    "a", "a",  "a",  "a",	 "a",	     "a",	 "ae",	"c",
	"e",	    "e", "e",  "e",  "i",	 "i",	     "i",	 "i",	"\xc3\xb0",
	"n",	    "o", "o",  "o",  "o",	 "o",	     " ",	 "o",	"u",
	"u",	    "u", "u",  "y",  "\xc3\xbe", "ss",	     "a",	 "a",	"a",
	"a",	    "a", "a",  "ae", "c",	 "e",	     "e",	 "e",	"e",
	"i",	    "i", "i",  "i",  "\xc3\xb0", "n",	     "o",	 "o",	"o",
	"o",	    "o", " ",  "o",  "u",	 "u",	     "u",	 "u",	"y",
	"\xc3\xbe", "y", "a",  "a",  "a",	 "a",	     "a",	 "a",	"c",
	"c",	    "c", "c",  "c",  "c",	 "c",	     "c",	 "d",	"d",
	"d",	    "d", "e",  "e",  "e",	 "e",	     "e",	 "e",	"e",
	"e",	    "e", "e",  "g",  "g",	 "g",	     "g",	 "g",	"g",
	"g",	    "g", "h",  "h",  "\xc4\xa7", "\xc4\xa7", "i",	 "i",	"i",
	"i",	    "i", "i",  "i",  "i",	 "i",	     "\xc4\xb1", "ij",	"ij",
	"j",	    "j", "k",  "k",  "\xc4\xb8", "l",	     "l",	 "l",	"l",
	"l",	    "l", "l ", "l ", "l",	 "l",	     "n",	 "n",	"n",
	"n",	    "n", "n",  "'n", "\xc5\x8b", "\xc5\x8b", "o",	 "o",	"o",
	"o",	    "o", "o",  "oe", "oe",	 "r",	     "r",	 "r",	"r",
	"r",	    "r", "s",  "s",  "s",	 "s",	     "s",	 "s",	"s",
	"s",	    "t", "t",  "t",  "t",	 "\xc5\xa7", "\xc5\xa7", "u",	"u",
	"u",	    "u", "u",  "u",  "u",	 "u",	     "u",	 "u",	"u",
	"u",	    "w", "w",  "y",  "y",	 "y",	     "z",	 "z",	"z",
	"z",	    "z", "z",  "s",
};

/* Letters that Unicode does not decompose, as readers of Latin scripts type them. */
static const char *fold_letter(int32_t cp)
{
	switch (cp) {
	case 0x00e6:
		return "ae";
	case 0x0153:
		return "oe";
	case 0x00f8:
		return "o";
	case 0x0111:
		return "d";
	case 0x0142:
		return "l";
	case 0x0027:
	case 0x02bc:
	case 0x2019:
		return "'";
	default:
		return NULL;
	}
}

static bool is_word(int32_t cp)
{
	switch (utf8proc_category(cp)) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
	case UTF8PROC_CATEGORY_ND:
	case UTF8PROC_CATEGORY_NL:
	case UTF8PROC_CATEGORY_NO:
		return true;
	default:
		return false;
	}
}

static size_t fold_general(int32_t cp, uint8_t out[FOLD_MAX])
{
	int32_t parts[FOLD_MAX / 4];
	int boundary = 0;
	size_t len = 0;
	utf8proc_ssize_t n;

	/* Invisible to Unicode, but what it is for is ending a word. */
	if (cp == 0x200b) {
		out[0] = ' ';
		return 1;
	}
	n = utf8proc_decompose_char(cp, parts, FOLD_MAX / 4,
				    UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
					    UTF8PROC_STRIPMARK | UTF8PROC_IGNORE,
				    &boundary);
	if (n < 0 || n > FOLD_MAX / 4)
		n = 0;
	for (utf8proc_ssize_t i = 0; i < n; i++) {
		const char *letter = fold_letter(parts[i]);

		if (letter) {
			memcpy(out + len, letter, strlen(letter));
			len += strlen(letter);
		} else if (is_word(parts[i])) {
			len += utf8_put(parts[i], out + len);
		} else {
			out[len++] = ' ';
		}
	}
	return len;
}

/* Fold the character at p. Its length in *ret_step, or 0 there if it is malformed. */
static inline size_t fold_char(const uint8_t *p, const uint8_t *end, uint8_t out[FOLD_MAX],
			       size_t *ret_step)
{
	size_t step = *p ? utf8_step(p, (size_t)(end - p)) : 0;
	const char *latin;

	*ret_step = step;
	if (step == 1) {
		out[0] = (uint8_t)fold_ascii[*p];
		return 1;
	}
	if (step == 2 && *p <= 0xc5) {
		latin = fold_latin[utf8_get(p, 2) - 0x80];
		memcpy(out, latin, 4);
		return strlen(latin);
	}
	if (step == 3 && p[0] == 0xe2 && p[1] == 0x80 && p[2] == 0x99) {
		out[0] = '\'';
		return 1;
	}
	return step ? fold_general(utf8_get(p, step), out) : 0;
}

int text_fold(const char *s, size_t len, struct buf *out)
{
	const uint8_t *p = (const uint8_t *)s, *end = p + len;
	uint8_t chunk[FOLD_CHUNK], folded[FOLD_MAX];
	size_t start = out->len, used = 0, step;
	bool gap = false, any = false;

	for (; p < end; p += step) {
		size_t n = fold_char(p, end, folded, &step);

		if (!step) {
			if (out->data) {
				out->len = start;
				out->data[start] = '\0';
			}
			return ERR_INVALID;
		}
		for (size_t i = 0; i < n; i++) {
			if (folded[i] == ' ' || folded[i] == '\'') {
				gap = any;
				continue;
			}
			if (gap)
				chunk[used++] = ' ';
			gap = false;
			any = true;
			chunk[used++] = folded[i];
		}
		if (used > FOLD_CHUNK - 2 * FOLD_MAX) {
			buf_add(out, chunk, used);
			used = 0;
		}
	}
	buf_add(out, chunk, used);
	return out->err;
}

/*
 * Terms.  Words are folded before they are stemmed, so that texts and queries meet with or
 * without accents.  Stemming costs about a microsecond a word, so stems are remembered; a stop
 * word is remembered as one without a stem.
 */

struct memo {
	uint8_t word_len; /* 0 = empty slot */
	uint8_t stem_len; /* 0 = stop word */
	char word[TEXT_TERM_MAX + 1];
	char stem[TEXT_TERM_MAX + 1];
};

struct text_terms {
	struct sb_stemmer *stemmer;
	const char *const *stops; /* sorted */
	size_t stop_count;
	struct memo memo[MEMO_SLOTS];
};

/*
 * Only words that say nothing anywhere in a territory's vocabulary.  "est" (Grand Est), "pas"
 * (Pas-de-Calais), "son" (son et lumière) are left in on purpose.
 */
static const char *const stops_fr[] = {
	"a",   "au",  "aux",  "avec",  "ce",	"ces",	 "cet",	 "cette", "dans", "de",
	"des", "du",  "elle", "elles", "en",	"et",	 "eux",	 "il",	  "ils",  "je",
	"la",  "le",  "les",  "leur",  "leurs", "lui",	 "ma",	 "me",	  "mes",  "moi",
	"mon", "ne",  "nos",  "notre", "nous",	"on",	 "ou",	 "par",	  "pour", "qu",
	"que", "qui", "sa",   "se",    "ses",	"sont",	 "sur",	 "ta",	  "te",	  "tes",
	"toi", "tu",  "un",   "une",   "vos",	"votre", "vous", "y",
};

/* The single letters and pairs are what an apostrophe leaves: we'd, they're, city's. */
static const char *const stops_en[] = {
	"a",	"an",  "and", "are", "as",   "at",   "be",   "but", "by",    "d",    "for",
	"from", "has", "i",   "in",  "is",   "it",   "its",  "ll",  "m",     "of",   "on",
	"or",	"our", "re",  "s",   "so",   "t",    "that", "the", "their", "they", "this",
	"to",	"ve",  "was", "we",  "were", "will", "with", "you", "your",
};

/* What stands before an apostrophe and is no word of its own. */
static const char *const elisions[] = {
	"c", "d",      "j",  "jusqu",  "l",	 "lorsqu", "m",
	"n", "puisqu", "qu", "quelqu", "quoiqu", "s",	   "t",
};

static bool is_listed(const char *const *list, size_t count, const char *word)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t mid = (low + high) / 2;
		int order = strcmp(word, list[mid]);

		if (!order)
			return true;
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return false;
}

struct text_terms *text_terms_new(const char *lang)
{
	bool english = !strcmp(lang, "en");
	struct text_terms *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->stemmer = sb_stemmer_new(english ? "english" : "french", "UTF_8");
	if (!t->stemmer) {
		free(t);
		return NULL;
	}
	t->stops = english ? stops_en : stops_fr;
	t->stop_count = english ? sizeof(stops_en) / sizeof(stops_en[0])
				: sizeof(stops_fr) / sizeof(stops_fr[0]);
	return t;
}

void text_terms_free(struct text_terms *t)
{
	if (!t)
		return;
	sb_stemmer_delete(t->stemmer);
	free(t);
}

/* A word under construction. */
struct word {
	uint32_t hash;
	uint32_t len;
	bool digit; /* codes such as 2A004 are never stemmed */
	bool full;  /* longer than a term may be: the rest is dropped */
	char text[TEXT_TERM_MAX + 1];
};

static inline void word_add(struct word *w, uint8_t c)
{
	if (w->len == TEXT_TERM_MAX) {
		w->full = true;
		return;
	}
	w->text[w->len++] = (char)c;
	w->hash = (w->hash ^ c) * 0x01000193u;
	w->digit |= c <= '9';
}

/* Cut inside a character: drop its first bytes. */
static size_t whole_characters(const char *s, size_t len)
{
	size_t lead = len;

	while (lead && ((uint8_t)s[lead - 1] & 0xc0) == 0x80)
		lead--;
	if (!lead || !((uint8_t)s[lead - 1] & 0x80))
		return len;
	return utf8_step((const uint8_t *)s + lead - 1, len - lead + 1) ? len : lead - 1;
}

static int memo_fill(struct text_terms *t, struct memo *m, const struct word *w)
{
	const sb_symbol *stem;
	size_t len;

	m->word_len = 0;
	m->stem_len = 0;
	memcpy(m->word, w->text, w->len + 1);
	if (!is_listed(t->stops, t->stop_count, w->text)) {
		stem = (const sb_symbol *)w->text;
		len = w->len;
		if (!w->digit) {
			stem = sb_stemmer_stem(t->stemmer, stem, (int)len);
			if (!stem)
				return ERR_NOMEM;
			len = (size_t)sb_stemmer_length(t->stemmer);
		}
		/* No stem is longer than its word today; a later stemmer may think otherwise. */
		if (!len || len > TEXT_TERM_MAX) {
			stem = (const sb_symbol *)w->text;
			len = w->len;
		}
		memcpy(m->stem, stem, len);
		m->stem[len] = '\0';
		m->stem_len = (uint8_t)len;
	}
	m->word_len = (uint8_t)w->len;
	return OK;
}

static int word_end(struct text_terms *t, struct word *w, bool apostrophe,
		    void (*each)(void *, const char *, size_t, const char *), void *arg)
{
	struct memo *m = &t->memo[(w->hash ^ w->hash >> 16) & (MEMO_SLOTS - 1)];
	int err = OK;

	if (w->full)
		w->len = (uint32_t)whole_characters(w->text, w->len);
	w->text[w->len] = '\0';
	if (apostrophe && w->len <= 6 &&
	    is_listed(elisions, sizeof(elisions) / sizeof(elisions[0]), w->text))
		goto out;
	if (m->word_len != w->len || memcmp(m->word, w->text, w->len))
		err = memo_fill(t, m, w);
	if (!err && m->stem_len)
		each(arg, m->stem, m->stem_len, m->word);
out:
	w->hash = 0x811c9dc5u;
	w->len = 0;
	w->digit = w->full = false;
	return err;
}

int text_terms_each(struct text_terms *t, const char *s, size_t len,
		    void (*each)(void *arg, const char *term, size_t term_len, const char *whole),
		    void *arg)
{
	const uint8_t *p = (const uint8_t *)s, *end = p + len;
	struct word w = {.hash = 0x811c9dc5u};
	uint8_t folded[FOLD_MAX];
	size_t step;
	int err = OK;

	for (; p < end && !err; p += step) {
		size_t n = fold_char(p, end, folded, &step);

		if (!step)
			return ERR_INVALID;
		for (size_t i = 0; i < n && !err; i++) {
			if (folded[i] != ' ' && folded[i] != '\'')
				word_add(&w, folded[i]);
			else if (w.len)
				err = word_end(t, &w, folded[i] == '\'', each, arg);
		}
	}
	if (w.len && !err)
		err = word_end(t, &w, false, each, arg);
	return err;
}
