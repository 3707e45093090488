// With every translation in brackets, whatever a page says without them was never given to a translator.
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { context, lend } from './lib/browser.mjs';
import { addresses, expected, routeTable, world } from './lib/routes.mjs';
import { pseudoShare, segments, untranslated } from './lib/words.mjs';
import { test } from './lib/tap.mjs';

const people = ['Membre Exemple', 'Autre Exemple', 'Animation Exemple', 'Admin Exemple', 'Nouvelle Venue'];

function strings(value) {
	if (typeof value === 'string')
		return [value];
	return value && typeof value === 'object' ? Object.values(value).flatMap(strings) : [];
}

export default async function ({ browser, a, b, nodes }) {
	await test('pseudo-locale: no page says anything that cannot be translated', async () => {
		const w = await world(a, b);
		const data = new Set([...people, ...nodes.flatMap((node) => [node.name, node.host, node.url])]);
		for (let url = '/directory.json'; url;) {
			const page = await a.visitor.json(url);
			for (const item of page.items)
				strings(await a.visitor.json(`/o/${item.id.startsWith(`${a.url}/`) ? '' : `${new URL(item.id).host}/`}${item.id.split('/').pop()}.json`))
					.forEach((text) => [text, ...text.split(/[\n*[\]()#|]+|\d+\. /)].forEach((piece) => data.add(piece)));
			url = page.next;
		}
		const admin = await a.signIn('admin');
		await a.stop();
		a.share = pseudoShare(process.env.MAILLAGE_SHARE, tmpdir());
		await a.start();
		const c = await context(browser);
		const page = await c.newPage();
		const found = new Map();
		for (const role of ['stranger', 'admin']) {
			if (role === 'admin')
				await lend(c, admin);
			for (const route of routeTable().filter((r) => r.method === 'GET' && r.formats.includes('html')))
				if (expected(route, role).status !== 303)
					for (const path of addresses(route, w)) {
						await page.goto(a.url + path);
						for (const text of untranslated(await segments(page), data))
							found.set(text, path);
					}
		}
		await c.close();
		admin.done();
		assert.deepEqual([...found].map(([text, path]) => `${path}: ${text}`), []);
	});
}
