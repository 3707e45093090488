#include "node/auth/role.h"

bool role_may(enum role role, enum who who)
{
	switch (who) {
	case WHO_ANYONE:
		return true;
	case WHO_MEMBER:
		return role >= ROLE_MEMBER;
	case WHO_ANIMATOR:
		return role >= ROLE_ANIMATOR;
	case WHO_ADMIN:
		return role >= ROLE_ADMIN;
	case WHO_NODE:
		return false;
	}
	return false;
}
