// Forms sent by somebody else's page, or with somebody else's token, change nothing.
import assert from 'node:assert/strict';
import { csrfOf, freshAddress, Visitor } from './lib/http.mjs';
import { addresses, routeTable, world } from './lib/routes.mjs';
import { test } from './lib/tap.mjs';

// The same session from another address: logins are limited by address, and this is not about that.
function moved(visitor) {
	const other = new Visitor(visitor.base, { from: freshAddress() });
	other.cookies = new Map(visitor.cookies);
	return other;
}

export default async function ({ a, b, c }) {
	const w = await world(a, b);
	const posts = routeTable().filter((r) => r.method === 'POST').map((route) => addresses(route, w)[0]);
	const sameSite = { origin: a.url };
	const stranger = new Visitor(a.url), admin = await a.signIn('admin'), member = await a.signIn('membre');
	const csrf = await admin.csrf('/me');
	const elsewhere = await c.signIn('admin');

	async function refused(what, visitor, form, headers) {
		const before = await a.settled();
		for (const path of posts) {
			const one = moved(visitor);
			const answer = await one.post(path, form, { headers });
			one.done();
			assert.equal(answer.status, 403, `POST ${path} ${what}`);
		}
		assert.equal(await a.transaction(), before, `${what}: something was written`);
	}

	await test('a POST without a session is refused', () => refused('as a stranger', stranger, { x: '1' }, sameSite));
	await test('a POST without its form’s token is refused', () => refused('without token', admin, { x: '1' }, sameSite));
	await test('a POST with another session’s token is refused', async () => {
		await refused('with a member’s token', admin, { csrf: await member.csrf('/me') }, sameSite);
		const visitor = new Visitor(a.url);
		await refused('with a stranger’s token', admin, { csrf: await visitor.csrf('/login') }, sameSite);
		await refused('with another node’s token', admin, { csrf: await elsewhere.csrf('/me') }, sameSite);
		visitor.done();
	});
	await test('another node’s session is nobody’s here', async () => {
		const disguised = new Visitor(a.url);
		const [name] = [...admin.cookies.keys()].filter((key) => !key.endsWith('_anon') && key.startsWith('maillage_'));
		const [value] = [...elsewhere.cookies.values()];
		disguised.cookies.set(name, value);
		assert.equal((await disguised.get('/admin')).status, 303);
		await refused('with another node’s session', disguised, { csrf: await elsewhere.csrf('/me') }, sameSite);
		disguised.done();
	});
	await test('a POST from another site’s page is refused, even with everything else right', async () => {
		const form = { csrf, email: 'admin@essai.example', password: 'x', name: 'Pris', role: 'admin', url: 'http://127.0.0.9:1' };
		await refused('from another origin', admin, form, { origin: 'https://ailleurs.example' });
		await refused('from another port', admin, form, { origin: b.url });
		await refused('from a sandbox', admin, form, { origin: 'null' });
		await refused('by Sec-Fetch-Site', admin, form, { 'sec-fetch-site': 'cross-site' });
	});
	await test('the token is another one for each session, and works again and again', async () => {
		assert.notEqual(csrf, await member.csrf('/me'));
		assert.equal(csrf, csrfOf((await admin.get('/admin')).text));
		const answer = await moved(admin).post('/me', { csrf, zone: 'Europe/Paris' }, { headers: sameSite });
		assert.equal(answer.status, 303);
	});

	for (const visitor of [stranger, admin, member, elsewhere])
		visitor.done();
}
