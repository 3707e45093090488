/*
 * The declared record types, one table a file, and the rows several of them share.
 *
 * Rows: path, kind, flags, index, facet, vocabulary, max, label, help.  Order is that of a form.
 */
#ifndef MAILLAGE_TYPES_H
#define MAILLAGE_TYPES_H

#include "protocol/schema.h"

/* Marks a message id for extraction; translated where it is shown. */
#ifndef N_
#define N_(s) (s)
#endif

#define TYPE_FIELDS(table) .fields = (table), .n_fields = sizeof(table) / sizeof((table)[0])

extern const struct record_type type_organization, type_event, type_cfp, type_project, type_group,
	type_place, type_resource;

/*
 * Where a record is.  A person writes the commune; its code, department and region follow from
 * the table of communes, and are what the territory filters count.
 */
#define FIELDS_LOCATION \
	{"location.address", FIELD_TEXT, FIELD_PLACE, INDEX_TEXT, NULL, NULL, 300, \
	 N_("Address"), N_("Number and street.")}, \
	{"location.postalCode", FIELD_CODE, FIELD_PLACE, INDEX_NONE, NULL, NULL, 10, \
	 N_("Postcode"), NULL}, \
	{"location.commune", FIELD_TEXT, FIELD_PLACE, INDEX_PLACE, NULL, NULL, 100, \
	 N_("Commune"), NULL}, \
	{"location.cog", FIELD_CODE, FIELD_PLACE, INDEX_FACET, "territory", NULL, 5, \
	 N_("Commune code"), N_("Official geographic code (COG), for example 2A004 or 97411.")}, \
	{"location.department", FIELD_TEXT, FIELD_PLACE | FIELD_INTERNAL, INDEX_FACET, \
	 "department", NULL, 100, N_("Department"), NULL}, \
	{"location.region", FIELD_TEXT, FIELD_PLACE | FIELD_INTERNAL, INDEX_FACET, "region", NULL, \
	 100, N_("Region"), NULL}, \
	{"location.latitude", FIELD_DECIMAL, FIELD_PLACE, INDEX_LATITUDE, NULL, NULL, 14, \
	 N_("Latitude"), N_("In degrees, north is positive: 48.8584.")}, \
	{"location.longitude", FIELD_DECIMAL, FIELD_PLACE, INDEX_LONGITUDE, NULL, NULL, 14, \
	 N_("Longitude"), N_("In degrees, east is positive: 2.2945.")}

#define FIELD_ROW_NAME(label_) \
	{"name", FIELD_TEXT, FIELD_REQUIRED, INDEX_TITLE, NULL, NULL, 200, label_, NULL}
#define FIELD_ROW_SUMMARY \
	{"summary", FIELD_TEXT, 0, INDEX_SUMMARY, NULL, NULL, 500, N_("Summary"), \
	 N_("One or two sentences, shown in lists.")}
#define FIELD_ROW_CONTENT \
	{"content", FIELD_MARKDOWN, 0, INDEX_TEXT, NULL, NULL, 20000, N_("Description"), NULL}
#define FIELD_ROW_URL \
	{"url", FIELD_URI, 0, INDEX_NONE, NULL, NULL, 500, N_("Website"), \
	 N_("The full address, starting with https://.")}
#define FIELD_ROW_TRADE \
	{"trade", FIELD_CODE, FIELD_LIST, INDEX_FACET, "trade", "trade", 4, N_("Trades"), NULL}
#define FIELD_ROW_THEME \
	{"theme", FIELD_CODE, FIELD_LIST, INDEX_FACET, "theme", "theme", 8, N_("Themes"), NULL}
#define FIELD_ROW_SDG \
	{"sdg", FIELD_CODE, FIELD_LIST, INDEX_FACET, "sdg", "sdg", 17, \
	 N_("Sustainable Development Goals"), NULL}
/* The organisation or community in whose name the record is published. */
#define FIELD_ROW_ATTRIBUTED_TO \
	{"attributedTo", FIELD_REF, FIELD_INTERNAL, INDEX_NONE, NULL, NULL, 320, \
	 N_("Published by"), NULL}

#endif
