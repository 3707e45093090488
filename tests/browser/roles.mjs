// The route table walked as every role: who may see what, and that looking never writes.
import assert from 'node:assert/strict';
import { Visitor } from './lib/http.mjs';
import { addresses, expected, ROLES, routeTable, world } from './lib/routes.mjs';
import { test } from './lib/tap.mjs';

const SUFFIX = { html: '', json: '.json', csv: '.csv', geojson: '.geojson', atom: '.atom', ics: '.ics' };

// [{route, path}] of every GET, in every format by its suffix.
function gets(w) {
	const list = [];
	for (const route of routeTable().filter((r) => r.method === 'GET'))
		for (const path of addresses(route, w)) {
			list.push({ route, path, html: route.formats.includes('html') });
			for (const format of route.formats.filter((f) => f !== 'html'))
				list.push({ route, path: path + SUFFIX[format], html: false });
		}
	return list;
}

// What has no date is no calendar.
function undated(w, path) {
	const dated = ['Event', 'CallForProjects'].flatMap((type) => [w.own[type], w.others[type]]);
	return /^\/o\/.*\.ics$/.test(path) && !dated.some((key) => path === `/o/${key}.ics`);
}

function check(w, { route, path, html }, role, answer) {
	const want = undated(w, path) ? { status: 404 } : expected(route, role);
	assert.equal(answer.status, want.status, `GET ${path} as ${role}`);
	if (want.to)
		assert.match(answer.headers.location, want.to, `GET ${path} as ${role}`);
	if (html && answer.status !== 303)
		assert.match(answer.headers['content-type'], /^text\/html; charset=utf-8/, path);
	assert.match(answer.headers['x-content-type-options'] ?? '', /nosniff/, path);
	if (html && answer.status !== 303)
		assert.match(answer.headers['content-security-policy'], /default-src 'none'/, path);
	if (role !== 'stranger' && html)
		assert.match(answer.headers['cache-control'] ?? '', /no-store|private|no-cache/, `${path}: kept by a shared cache`);
}

// Twice at most: something else may have been written in the middle of the first walk, a GET writes in both.
async function writesNothing(node, walk) {
	for (let turn = 0; ; turn++) {
		const before = await node.settled();
		await walk();
		const after = await node.transaction();
		if (after === before)
			return;
		if (turn === 1)
			throw new Error(`the store went from transaction ${before} to ${after}`);
	}
}

async function culprits(node, list, visitor) {
	const found = [];
	for (const { path } of list) {
		const before = await node.transaction();
		await visitor.get(path);
		if (await node.transaction() !== before)
			found.push(path);
	}
	return found;
}

export default async function ({ a, b }) {
	const w = await world(a, b);
	const list = gets(w);

	for (const role of Object.keys(ROLES))
		await test(`every GET as ${role}: what the route table says, and nothing is written`, async () => {
			const visitor = role === 'stranger' ? new Visitor(a.url) : await a.signIn(role);
			const walk = async () => {
				for (const get of list) {
					const options = get.route.path === '/join/:token' ? { headers: { accept: 'text/html' } } : {};
					check(w, get, role, await visitor.get(get.path, options));
				}
			};
			try {
				await writesNothing(a, walk);
			} catch (error) {
				if (/transaction/.test(error.message))
					error.message += `: ${await culprits(a, list, visitor)}`;
				throw error;
			}
			visitor.done();
		});

	await test('the nodes’ own addresses write nothing when read', async () => {
		await writesNothing(a, async () => {
			for (const route of routeTable('node/fed/fed.c').filter((r) => r.method === 'GET')) {
				const answer = await a.visitor.get(`${route.path}?audience=public&after=0.0&origin=${a.nid}`);
				assert.ok(answer.status < 500, `${route.path}: ${answer.status}`);
			}
		});
	});

	await test('no address of the table answers to the other method, or to a third', async () => {
		const visitor = new Visitor(a.url);
		const table = routeTable();
		for (const path of new Set(table.map((r) => r.path).filter((p) => !p.includes(':')))) {
			const methods = table.filter((r) => r.path === path).map((r) => r.method);
			for (const method of ['GET', 'POST', 'PUT', 'DELETE'])
				if (!methods.includes(method))
					assert.equal((await visitor.request(method, path)).status, 405, `${method} ${path}`);
		}
		visitor.done();
	});

	await test('a member edits their own entries only; an animator everybody’s', async () => {
		const [member, other, animator] = await Promise.all(['membre', 'autre', 'animation'].map((who) => a.signIn(who)));
		const made = await member.post('/new/Group', { csrf: await member.csrf('/new/Group'), name: 'Cercle du membre' });
		assert.equal(made.status, 303);
		const key = /\/o\/([a-z2-7]{26})/.exec(made.headers.location)[1];
		for (const form of ['edit', 'delete']) {
			assert.equal((await member.get(`/${form}/${key}`)).status, 200);
			assert.equal((await animator.get(`/${form}/${key}`)).status, 200);
			assert.equal((await other.get(`/${form}/${key}`)).status, 403);
			const csrf = await other.csrf('/me');
			assert.equal((await other.post(`/${form}/${key}`, { csrf, name: 'Pris', rev: '1' })).status, 403);
		}
		assert.equal((await a.visitor.json(`/o/${key}.json`)).name, 'Cercle du membre');
		const gone = await animator.post(`/delete/${key}`, { csrf: await animator.csrf(`/delete/${key}`) });
		assert.equal(gone.status, 303);
		for (const visitor of [member, other, animator])
			visitor.done();
	});

	await test('nobody edits another node’s entries', async () => {
		const admin = await a.signIn('admin');
		const key = w.others.Event.split('/')[1];
		assert.equal((await admin.get(`/edit/${key}`)).status, 404);
		assert.equal((await admin.post(`/delete/${key}`, { csrf: await admin.csrf('/me') })).status, 404);
		admin.done();
	});
}
