// The route table, read from its source, so that a new page is walked by these tests from its first day.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { source } from './nodes.mjs';

export const RANK = { WHO_ANYONE: 0, WHO_MEMBER: 1, WHO_ANIMATOR: 2, WHO_ADMIN: 3 };
export const ROLES = { stranger: 0, membre: 1, animation: 2, admin: 3 };

function formatsOf(text, macros) {
	let expanded = text;
	for (let i = 0; i < 4; i++)
		expanded = expanded.replace(/\b[A-Z_]+\b/g, (word) => macros[word] ?? word);
	return [...new Set(expanded.match(/\bFORMAT_[A-Z]+\b/g) ?? [])].map((word) => word.slice(7).toLowerCase());
}

export function routeTable(file = 'web/routes.c') {
	const text = readFileSync(join(source, file), 'utf8');
	const macros = Object.fromEntries([...text.matchAll(/^#define (\w+) (.+)$/gm)].map(([, name, value]) => [name, value]));
	const entry = /^\s*\{"(\w+)", "([^"]+)", (WHO_\w+), (RATE_\w+), [^,]+, (.+), (\w+)\},$/gm;
	const table = [...text.matchAll(entry)].map(([, method, path, who, rate, formats, handler]) => (
		{ method, path, who, rate, formats: formatsOf(formats, macros), handler }));
	const lines = text.match(/^\s*\{"/gm).length;
	if (table.length !== lines)
		throw new Error(`${file}: ${lines} routes, ${table.length} understood: the test needs to read it better`);
	return table;
}

async function first(node, list, type, author) {
	for (let url = `${list}.json`; url;) {
		const page = await node.visitor.json(url);
		const item = page.items.find((one) => one.type === type && one.id.startsWith(`${author.url}/`));
		if (item)
			return item.id;
		url = page.next;
	}
	throw new Error(`${node.name} has no ${type} of ${author.name}`);
}

// One object of each type, ours and another node's: {own: {Event: key}, others: {Event: "host/key"}, types}.
export async function world(node, other) {
	const own = {}, others = {};
	const lists = { Event: '/agenda', CallForProjects: '/calls', Group: '/communities', Project: '/projects',
		Place: '/places', Resource: '/resources', Organization: '/directory' };
	for (const [type, list] of Object.entries(lists)) {
		own[type] = (await first(node, list, type, node)).split('/').pop();
		others[type] = `${other.host}/${(await first(node, list, type, other)).split('/').pop()}`;
	}
	return { own, others, types: Object.keys(lists) };
}

const fill = {
	':key': (w) => Object.values(w.own),
	':host/:key': (w) => Object.values(w.others),
	':type': (w) => w.types,
	':token': () => ['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'],
	':lang': () => ['fr', 'en'],
};

// Real addresses of a route: every named part is filled with every value known for it.
export function addresses(route, w) {
	const hole = /:host\/:key|:\w+/.exec(route.path);
	if (!hole)
		return [route.path];
	if (!fill[hole[0]])
		throw new Error(`${route.path}: tests/browser/lib/routes.mjs does not know what ${hole[0]} may be`);
	return fill[hole[0]](w).map((value) => route.path.replace(hole[0], value));
}

// What a role gets of a GET: a status, and where it is sent.
export function expected(route, role) {
	const may = ROLES[role] >= RANK[route.who];
	if (!may)
		return role === 'stranger' ? { status: 303, to: /^\/login\?next=/ } : { status: 403 };
	switch (route.path) {
	case '/login': return role === 'stranger' ? { status: 200 } : { status: 303, to: /^\/me$/ };
	case '/lang/:lang': return { status: 303, to: /^\/$/ };
	case '/join/:token': return { status: 404 };
	case '/edit/:key':
	case '/delete/:key': return { status: role === 'membre' ? 403 : 200 };	// imported: no member's own
	case '/theme.css': return { status: 404 };	// no colour chosen
	default: return { status: 200 };
	}
}
