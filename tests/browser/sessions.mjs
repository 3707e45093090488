// Being signed in on several nodes at once, and no longer.
import assert from 'node:assert/strict';
import { context, signIn } from './lib/browser.mjs';
import { freshAddress, Visitor } from './lib/http.mjs';
import { password } from './lib/nodes.mjs';
import { test } from './lib/tap.mjs';

export default async function ({ browser, a, b, c, nodes }) {
	await test('three logins on one address, three ports, one browser: none disturbs the others', async () => {
		const shared = await context(browser);
		const page = await shared.newPage();
		for (const node of nodes)
			await signIn(page, node, 'animation');
		for (const node of nodes) {
			await page.goto(`${node.url}/me`);
			assert.equal(await page.textContent('h1'), 'Animation Exemple');
			assert.match(await page.textContent('.brand'), new RegExp(node.name));
		}
		const cookies = await shared.cookies();
		const sessions = cookies.filter((cookie) => /^maillage_[A-Za-z0-9]{8}$/.test(cookie.name));
		assert.equal(sessions.length, 3, cookies.map((cookie) => cookie.name).join());
		for (const cookie of sessions) {
			assert.ok(cookie.httpOnly);
			assert.equal(cookie.sameSite, 'Lax');
			assert.equal(cookie.path, '/');
			assert.ok(nodes.some((node) => node.nid.slice(4).startsWith(cookie.name.slice(9))), cookie.name);
			assert.ok(cookie.expires > Date.now() / 1000 + 86400);
		}
		await page.goto(`${b.url}/me`);
		await page.click('main form[action="/logout"] button');
		assert.equal(new URL(page.url()).pathname, '/');
		await page.goto(`${b.url}/me`);
		assert.equal(new URL(page.url()).pathname, '/login');
		for (const node of [a, c]) {
			await page.goto(`${node.url}/me`);
			assert.equal(await page.textContent('h1'), 'Animation Exemple', 'signing out of one node touched another');
		}
		await shared.close();
	});

	await test('a login changes the session, a logout ends it on the node too', async () => {
		const visitor = new Visitor(a.url);
		await visitor.get('/login');
		const before = [...visitor.cookies.values()];
		await visitor.signIn('membre@essai.example', password);
		const after = [...visitor.cookies.values()];
		assert.ok(after.every((value) => !before.includes(value)), 'the session of before the login lives on');
		const stolen = new Visitor(a.url);
		stolen.cookies = new Map(visitor.cookies);
		assert.equal((await stolen.get('/me')).status, 200);
		assert.equal((await visitor.post('/logout', { csrf: await visitor.csrf('/me') })).status, 303);
		assert.equal((await stolen.get('/me')).status, 303);
		visitor.done();
		stolen.done();
	});

	await test('after signing in one is led on only within the site', async () => {
		for (const next of ['https://ailleurs.example/', '//ailleurs.example/', '/\\ailleurs.example', '/\t/ailleurs.example', 'javascript:1']) {
			const visitor = new Visitor(a.url);
			const csrf = await visitor.csrf(`/login?next=${encodeURIComponent(next)}`);
			const answer = await visitor.post('/login', { csrf, email: 'membre@essai.example', password, next });
			assert.equal(answer.status, 303, next);
			const target = new URL(answer.headers.location, a.url);
			assert.equal(target.origin, a.url, next);
			visitor.done();
		}
	});

	await test('a wrong password and an unknown address get the same answer', async () => {
		const visitor = new Visitor(a.url);
		const csrf = await visitor.csrf('/login');
		const wrong = await visitor.post('/login', { csrf, email: 'membre@essai.example', password: 'faux faux faux' });
		const unknown = await visitor.post('/login', { csrf, email: 'personne@essai.example', password: 'faux faux faux' });
		assert.equal(wrong.status, unknown.status);
		assert.equal(wrong.text, unknown.text.replaceAll('personne@', 'membre@'));
		visitor.done();
	});

	await test('guessing passwords is slowed down by address, for nobody else', async () => {
		const guesser = new Visitor(b.url, { from: freshAddress() });
		const csrf = await guesser.csrf('/login');
		const statuses = [];
		for (let i = 0; i < 14; i++)
			statuses.push((await guesser.post('/login', { csrf, email: 'admin@essai.example', password: `essai numéro ${i}` })).status);
		assert.equal(statuses[0], 422);
		assert.equal(statuses.at(-1), 429, statuses.join());
		const answer = await guesser.post('/login', { csrf, email: 'admin@essai.example', password });
		assert.equal(answer.status, 429);
		assert.ok(Number(answer.headers['retry-after']) > 0);
		assert.match(answer.headers['content-type'], /^text\/html/);
		await (await b.signIn('admin')).done();
		guesser.done();
	});
}
