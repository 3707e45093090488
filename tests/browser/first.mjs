// Somebody who has never been here: whose site is this, who is near me, what is going on.
import assert from 'node:assert/strict';
import { hostile } from './lib/data.mjs';
import { context } from './lib/browser.mjs';
import { test, note, plain } from './lib/tap.mjs';

const total = async (page) => Number((await page.textContent('#results')).replace(/\D/g, ''));
const titles = (page) => page.locator('.items h3 a').allTextContents();

export default async function ({ browser, a, b }) {
	await test('a first visit transfers at most 60 KB', async () => {
		const fresh = await context(browser);
		const page = await fresh.newPage();
		const cdp = await fresh.newCDPSession(page);
		let bytes = 0;
		await cdp.send('Network.enable');
		cdp.on('Network.loadingFinished', (e) => { bytes += e.encodedDataLength; });
		await page.goto(`${a.url}/`, { waitUntil: 'networkidle' });
		note('%d bytes', bytes);
		assert.ok(bytes > 2000, `measured ${bytes}`);
		assert.ok(bytes <= 60 * 1024, `${bytes} bytes`);
		await fresh.close();
	});

	const c = await context(browser);
	const page = await c.newPage();

	await test('the home page says whose it is, what comes, and who the others are', async () => {
		await page.goto(`${a.url}/`);
		assert.equal(await page.textContent('h1'), 'Loos-en-Gohelle');
		assert.match(await page.textContent('.hero .lead'), /Loos-en-Gohelle/);
		assert.match(await page.textContent('[aria-labelledby=events]'), /Visite des terrils/);
		assert.match(await page.textContent('[aria-labelledby=events]'), /Atelier conte/);
		assert.match(await page.textContent('[aria-labelledby=calls]'), /Initiatives de quartier/);
		assert.doesNotMatch(await page.textContent('[aria-labelledby=calls]'), /Bourse aux idées/);
		assert.match(await page.textContent('[aria-labelledby=territories]'), /Saint-Denis de La Réunion/);
		assert.equal(await page.locator('script').count(), 0);
	});

	await test('the search of the home page finds a commune, with and without its accents', async () => {
		for (const [words, name] of [['Wingles', 'Wingles'], ['lievin', 'Liévin'], ['saint-denis', 'Saint-Denis']]) {
			await page.goto(`${a.url}/`);
			await page.fill('.search [name=q]', words);
			await page.click('.search button');
			assert.equal(new URL(page.url()).pathname, '/directory');
			assert.ok((await titles(page)).includes(name), `${words}: ${await titles(page)}`);
			assert.equal(await page.inputValue('.search [name=q]'), words);
		}
		await page.click('.items h3 a:text-is("Saint-Denis")');
		assert.equal(await page.textContent('h1'), 'Saint-Denis');
		assert.match(await page.textContent('.provenance'), /Saint-Denis de La Réunion/);
	});

	await test('a search without result says what to do next', async () => {
		await page.goto(`${a.url}/directory?q=zzzzqqq`);
		assert.equal(await total(page), 0);
		await page.click('.empty a');
		assert.ok(await total(page) > 50);
	});

	await test('each facet narrows the list to the number it promises, and can be removed', async () => {
		await page.goto(`${a.url}/directory`);
		const all = await total(page);
		const groups = await page.locator('.facets section:has(li a .count) h2').allTextContents();
		assert.ok(groups.length >= 4, groups.join());
		for (const group of groups) {
			await page.goto(`${a.url}/directory`);
			const link = page.locator('.facets section', { has: page.locator(`h2:text-is("${group}")`) }).locator('li a').first();
			const count = Number((await link.locator('.count').textContent()).replace(/\D/g, ''));
			await link.click();
			assert.equal(await total(page), count, group);
			assert.ok(count <= all);
			assert.equal(await page.locator('.facets [aria-current=true]').count(), 1, group);
			await page.locator('.chips a').first().click();
			assert.equal(await total(page), all, group);
		}
	});

	await test('filters call territories by their names, not by their hosts', async () => {
		await page.goto(`${a.url}/directory`);
		const group = page.locator('.facets section', { has: page.locator('h2:text-is("Publié sur")') });
		const names = await group.locator('li a span:not(.count)').allTextContents();
		assert.deepEqual(names.sort(), ['Loos-en-Gohelle', 'Réseau d’essai', 'Saint-Denis de La Réunion']);
	});

	await test('two facets together, and a search within them', async () => {
		await page.goto(`${a.url}/directory?region=La%20R%C3%A9union&type=Organization`);
		const both = await total(page);
		assert.ok(both >= 24, String(both));
		await page.fill('.search [name=q]', 'saint');
		await page.click('.search button');
		const url = new URL(page.url());
		assert.equal(url.searchParams.get('region'), 'La Réunion');
		assert.ok(await total(page) < both && await total(page) > 3);
	});

	await test('pages of a list: every entry once, none lost', async () => {
		await page.goto(`${a.url}/directory`);
		const all = await total(page);
		const seen = [];
		for (let n = 1; n < 20; n++) {
			seen.push(...await page.locator('.items h3 a').evaluateAll((links) => links.map((link) => link.href)));
			const next = page.locator('.pages a[rel=next]');
			if (await next.count() === 0)
				break;
			await next.click();
			assert.equal(await total(page), all);
		}
		assert.equal(seen.length, all);
		assert.equal(new Set(seen).size, all);
		assert.ok(all > 60);
		await page.locator('.pages a[rel=prev]').click();
		assert.equal((await titles(page)).length, 20);
	});

	await test('the agenda: upcoming by day, the past on demand, and by month', async () => {
		await page.goto(`${a.url}/agenda`);
		assert.deepEqual(await titles(page), ['Atelier conte', 'Visite des terrils', 'Forum des initiatives']);
		await page.goto(`${a.url}/agenda?from=2000-01-01`);
		assert.ok((await titles(page)).includes('Réunion passée'));
		await page.goto(`${a.url}/agenda`);
		await page.click('.page-head a[href="/agenda/month"]');
		for (let n = 0; n < 3 && !(await page.textContent('.days')).includes('Forum des initiatives'); n++)
			await page.click('.months a[rel=next]');
		await page.click('.days a:has-text("Forum des initiatives")');
		assert.equal(await page.textContent('h1'), 'Forum des initiatives');
	});

	await test('an event elsewhere is told in the reader’s time and in its own', async () => {
		await page.goto(`${b.url}/agenda`);
		await page.click('.items h3 a:text-is("Visite des terrils")');
		const when = plain(await page.textContent('.page-head .when'));
		assert.match(when, /17(:00| h)/, when);	// Réunion is three hours ahead in winter
		assert.match(when, /14(:00| h)/, when);
		assert.match(when, /Europe\/Paris/);
	});

	await test('names and texts from another node stay text', async () => {
		await page.goto(`${a.url}/projects`);
		assert.ok((await titles(page)).includes(hostile));
		await page.click(`.items h3 a:text-is(${JSON.stringify(hostile)})`);
		assert.equal(await page.textContent('h1'), hostile);
		assert.doesNotMatch(await page.title(), /^pris/);
		assert.equal(await page.locator('main img, main script').count(), 0);
		assert.equal(await page.locator('a[href^="javascript:" i]').count(), 0);
		assert.equal(await page.locator('.prose a[href="https://example.org"]').count(), 1);
	});

	await test('what is not there says so, in the reader’s words', async () => {
		const answer = await page.goto(`${a.url}/nulle-part`);
		assert.equal(answer.status(), 404);
		assert.match(await page.textContent('h1'), /n’existe pas/);
		assert.match(answer.headers()['content-type'], /^text\/html/);
		assert.equal((await page.goto(`${a.url}/o/aaaaaaaaaaaaaaaaaaaaaaaaaa`)).status(), 404);
		assert.match((await page.goto(`${a.url}/agenda?from=demain`)).status().toString(), /^4/);
		assert.match(await page.textContent('.lead'), /2026-11-22/);
	});

	await c.close();
}
