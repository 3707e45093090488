#include "web/accent.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct rgb { int r, g, b; };

static int parse(const char *text, struct rgb *ret)
{
	unsigned r, g, b;
	char end;
	if (strlen(text) != 7 || strspn(text + 1, "0123456789abcdefABCDEF") != 6 ||
	    sscanf(text, "#%2x%2x%2x%c", &r, &g, &b, &end) != 3)
		return ERR_INVALID;
	*ret = (struct rgb){(int)r, (int)g, (int)b};
	return OK;
}

static double channel(int c)
{
	double v = c / 255.0;
	return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static double luminance(struct rgb c)
{
	return 0.2126 * channel(c.r) + 0.7152 * channel(c.g) + 0.0722 * channel(c.b);
}

static double contrast(struct rgb a, struct rgb b)
{
	double x = luminance(a), y = luminance(b);
	return x > y ? (x + 0.05) / (y + 0.05) : (y + 0.05) / (x + 0.05);
}

/* The grounds of static/app.css. */
static const struct rgb white = {0xff, 0xff, 0xff}, paper = {0xf7, 0xf5, 0xf0};
static const struct rgb night = {0x12, 0x19, 0x1a}, night_card = {0x1a, 0x23, 0x24}, night_ink = {0x07, 0x28, 0x2a};

int accent_check(const char *accent, struct fault *fault)
{
	struct rgb c;
	if (parse(accent, &c) != OK)
		return fault_set(fault, ERR_INVALID, "/accent", "A colour is written #0c5b60.", NULL);
	if (contrast(c, white) < 4.5 || contrast(c, paper) < 4.5)
		return fault_set(fault, ERR_INVALID, "/accent", "Text in this colour would be hard to read on white: choose a darker one.", NULL);
	return OK;
}

/* The same hue, mixed with white until it can be read on dark grounds. */
static struct rgb lightened(struct rgb c)
{
	for (int step = 0; step <= 20; step++) {
		struct rgb m = {c.r + (255 - c.r) * step / 20, c.g + (255 - c.g) * step / 20, c.b + (255 - c.b) * step / 20};
		if (contrast(m, night) >= 7 && contrast(m, night_card) >= 7 && contrast(m, night_ink) >= 4.5)
			return m;
	}
	return white;
}

int accent_css(const char *accent, struct buf *out)
{
	struct rgb c;
	if (accent_check(accent, NULL) != OK || parse(accent, &c) != OK)
		return ERR_INVALID;
	struct rgb dark = lightened(c);
	buf_fmt(out, ":root { --accent-light: #%02x%02x%02x; --accent-dark: #%02x%02x%02x }\n", c.r, c.g, c.b, dark.r, dark.g, dark.b);
	return out->err;
}
