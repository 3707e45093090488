/*
 * Tell systemd how the service does (sd_notify(3)): one datagram to the socket that NOTIFY_SOCKET
 * names.  Nothing happens without one.
 */
#ifndef MAILLAGE_TOOLS_NOTIFY_H
#define MAILLAGE_TOOLS_NOTIFY_H

void notify_systemd(const char *state);	/* "READY=1" */

#endif
