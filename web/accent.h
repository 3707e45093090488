/*
 * The one colour a territory chooses, checked for contrast, and its darker twin for dark pages.
 * Source: WCAG 2.2, relative luminance and contrast ratio.
 */
#ifndef MAILLAGE_WEB_ACCENT_H
#define MAILLAGE_WEB_ACCENT_H

#include "protocol/base/buf.h"
#include "protocol/base/err.h"

/* "#rrggbb" with a contrast of at least 4.5 with white and the page's ground. fault names /accent. */
int accent_check(const char *accent, struct fault *fault);
/* The style sheet that sets it, light and dark. ERR_INVALID for what accent_check refuses. */
int accent_css(const char *accent, struct buf *out);

#endif
