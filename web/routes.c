/* Every address people use. Nodes' addresses are in node/fed. */
#include "web/handlers.h"
#include "web/web.h"

#define LIST_FORMATS (FORMATS(FORMAT_HTML, FORMAT_JSON, FORMAT_CSV, FORMAT_GEOJSON, FORMAT_ATOM))
#define DATED_FORMATS (LIST_FORMATS | FORMATS(FORMAT_ICS))
#define PAGE FORMATS(FORMAT_HTML)

enum {
	BODY_SMALL = 16 * 1024,
	BODY_ENTRY = 256 * 1024,	/* an object is at most 64 KiB; a character costs up to 6 bytes on its way */
	BODY_SETTINGS = 1024 * 1024,	/* five texts of 32 KiB likewise */
};

static const struct route routes[] = {
	{"GET", "/", WHO_ANYONE, RATE_PAGE, 0, PAGE, handle_home},
	{"GET", "/directory", WHO_ANYONE, RATE_PAGE, 0, LIST_FORMATS, handle_directory},
	{"GET", "/agenda", WHO_ANYONE, RATE_PAGE, 0, DATED_FORMATS, handle_agenda},
	{"GET", "/agenda/month", WHO_ANYONE, RATE_PAGE, 0, PAGE, handle_month},
	{"GET", "/calls", WHO_ANYONE, RATE_PAGE, 0, DATED_FORMATS, handle_calls},
	{"GET", "/communities", WHO_ANYONE, RATE_PAGE, 0, LIST_FORMATS, handle_communities},
	{"GET", "/projects", WHO_ANYONE, RATE_PAGE, 0, LIST_FORMATS, handle_projects},
	{"GET", "/places", WHO_ANYONE, RATE_PAGE, 0, LIST_FORMATS, handle_places},
	{"GET", "/resources", WHO_ANYONE, RATE_PAGE, 0, LIST_FORMATS, handle_resources},
	{"GET", "/o/:key", WHO_ANYONE, RATE_PAGE, 0, FORMATS(FORMAT_HTML, FORMAT_JSON, FORMAT_ICS), handle_object},
	{"GET", "/o/:host/:key", WHO_ANYONE, RATE_PAGE, 0, FORMATS(FORMAT_HTML, FORMAT_JSON, FORMAT_ICS), handle_object},
	{"GET", "/new/:type", WHO_MEMBER, RATE_PAGE, 0, PAGE, handle_new},
	{"POST", "/new/:type", WHO_MEMBER, RATE_FORM, BODY_ENTRY, PAGE, handle_create},
	{"GET", "/edit/:key", WHO_MEMBER, RATE_PAGE, 0, PAGE, handle_edit},
	{"POST", "/edit/:key", WHO_MEMBER, RATE_FORM, BODY_ENTRY, PAGE, handle_update},
	{"GET", "/delete/:key", WHO_MEMBER, RATE_PAGE, 0, PAGE, handle_delete},
	{"POST", "/delete/:key", WHO_MEMBER, RATE_FORM, BODY_SMALL, PAGE, handle_delete_post},
	{"GET", "/login", WHO_ANYONE, RATE_PAGE, 0, PAGE, handle_login},
	{"POST", "/login", WHO_ANYONE, RATE_LOGIN, BODY_SMALL, PAGE, handle_login_post},
	{"POST", "/logout", WHO_MEMBER, RATE_FORM, BODY_SMALL, PAGE, handle_logout},
	{"GET", "/join", WHO_ANYONE, RATE_PAGE, 0, PAGE, handle_join},
	{"GET", "/join/:token", WHO_ANYONE, RATE_LOGIN, 0, PAGE, handle_join},
	{"POST", "/join", WHO_ANYONE, RATE_LOGIN, BODY_SMALL, PAGE, handle_join_post},
	{"GET", "/me", WHO_MEMBER, RATE_PAGE, 0, PAGE, handle_me},
	{"POST", "/me", WHO_MEMBER, RATE_LOGIN, BODY_SMALL, PAGE, handle_me_post},
	{"GET", "/lang/:lang", WHO_ANYONE, RATE_PAGE, 0, PAGE, handle_language},
	{"GET", "/network", WHO_ANYONE, RATE_PAGE, 0, FORMATS(FORMAT_HTML, FORMAT_JSON), handle_network},
	{"GET", "/admin", WHO_ADMIN, RATE_PAGE, 0, PAGE, handle_admin},
	{"POST", "/admin/settings", WHO_ADMIN, RATE_FORM, BODY_SETTINGS, PAGE, handle_admin_settings},
	{"POST", "/admin/role", WHO_ADMIN, RATE_FORM, BODY_SMALL, PAGE, handle_admin_role},
	{"POST", "/admin/invite", WHO_ADMIN, RATE_FORM, BODY_SMALL, PAGE, handle_admin_invite},
	{"POST", "/admin/withdraw", WHO_ADMIN, RATE_FORM, BODY_SMALL, PAGE, handle_admin_withdraw},
	{"POST", "/admin/peer", WHO_ADMIN, RATE_FORM, BODY_SMALL, PAGE, handle_admin_peer},
	{"POST", "/admin/unpeer", WHO_ADMIN, RATE_FORM, BODY_SMALL, PAGE, handle_admin_unpeer},
	{"GET", "/legal", WHO_ANYONE, RATE_PAGE, 0, PAGE, handle_text},
	{"GET", "/privacy", WHO_ANYONE, RATE_PAGE, 0, PAGE, handle_text},
	{"GET", "/accessibility", WHO_ANYONE, RATE_PAGE, 0, PAGE, handle_text},
	{"GET", "/contact", WHO_ANYONE, RATE_PAGE, 0, PAGE, handle_text},
	{"GET", "/source", WHO_ANYONE, RATE_PAGE, 0, PAGE, handle_text},
	{"GET", "/theme.css", WHO_ANYONE, RATE_STATIC, 0, 0, handle_theme},
	{"GET", "/healthz", WHO_ANYONE, RATE_STATIC, 0, 0, handle_health},
	{"GET", "/metrics", WHO_ANYONE, RATE_STATIC, 0, 0, handle_metrics},
};

const struct route_table web_routes = {routes, sizeof routes / sizeof routes[0]};
