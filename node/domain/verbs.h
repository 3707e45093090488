/*
 * The verbs of the domain, by file.  Each is documented in the header of its noun; verbs.c lists
 * them under their names.
 */
#ifndef MAILLAGE_DOMAIN_VERBS_H
#define MAILLAGE_DOMAIN_VERBS_H

#include "node/domain/node.h"

/* node.c */
verb_fn node_init_verb;		/* node.init */

/* entry_verbs.c, import.c, headsign.c */
verb_fn entry_create, entry_update, entry_delete;
verb_fn import_rows;
verb_fn head_sign_verb;		/* head.sign */

/* origin.c, ingest_verbs.c */
verb_fn origin_add, feed_page, origin_name;

/* reindex.c */
verb_fn reindex_verb;		/* reindex */

/* account.c, session.c, invite.c, setting.c */
verb_fn account_add, account_set;
verb_fn session_open, session_close, session_expire;
verb_fn invite_make, invite_use, invite_cancel;
verb_fn setting_set;

/* peer.c, network.c */
verb_fn peer_add, peer_identify, peer_state, peer_block, peer_remove;
verb_fn network_create, network_join;

#endif
