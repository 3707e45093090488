// English pages without French; pages.mjs looks for English in the French ones.
import assert from 'node:assert/strict';
import { context, lend } from './lib/browser.mjs';
import { addresses, expected, routeTable, world } from './lib/routes.mjs';
import { catalogue, detector, segments } from './lib/words.mjs';
import { test } from './lib/tap.mjs';

export default async function ({ browser, a, b }) {
	const w = await world(a, b);
	const paths = (role) => routeTable().filter((r) => r.method === 'GET' && r.formats.includes('html') && r.path !== '/lang/:lang')
		.filter((r) => expected(r, role).status !== 303)
		.flatMap((r) => addresses(r, w)).concat('/nulle-part', '/agenda?q=zzzz');
	const wrong = { fr: detector('en', 'fr'), en: detector('fr', 'en') };

	await test('the catalogues are complete and none of their entries is fuzzy', () => {
		for (const lang of ['fr', 'en'])
			for (const entry of catalogue(lang))
				assert.ok(entry.texts.length && entry.texts.every(Boolean), `${lang}: ${entry.id}`);
	});

	for (const role of ['stranger', 'admin']) {
		const c = await context(browser);
		const page = await c.newPage();
		if (role === 'admin')
			await lend(c, await a.signIn('admin'));

		await test(`the language switch as ${role}: English pages, no French left`, async () => {
			await page.goto(`${a.url}/agenda?theme=energy`);
			await page.click('footer a[hreflang=en]');
			assert.equal(new URL(page.url()).pathname, '/agenda', 'the switch leads back to the page');
			const found = [];
			for (const path of paths(role)) {
				await page.goto(a.url + path);
				assert.equal(await page.getAttribute('html', 'lang'), 'en', path);
				found.push(...wrong.en(await segments(page)).map((line) => `${path}: ${line}`));
			}
			assert.deepEqual(found, []);
		});
		await c.close();
	}

	await test('refusals are in the reader’s language too', async () => {
		for (const [lang, other] of [['fr', 'en'], ['en', 'fr']]) {
			const c = await context(browser, { locale: lang === 'fr' ? 'fr-FR' : 'en-GB' });
			await lend(c, await a.signIn('membre'));
			const page = await c.newPage();
			const found = [];
			for (const type of w.types) {
				await page.goto(`${a.url}/new/${type}`);
				await page.click('main form[action^="/new/"] .actions button');
				assert.equal(await page.locator('#errors').count(), 1, type);
				found.push(...wrong[lang](await segments(page)));
			}
			await page.goto(`${a.url}/admin`);
			found.push(...wrong[lang](await segments(page)));
			assert.deepEqual(found, [], `${other} in ${lang}`);
			await c.close();
		}
	});

	await test('the browser’s language decides at first, the reader’s choice after that', async () => {
		const c = await context(browser, { locale: 'en-GB' });
		const page = await c.newPage();
		await page.goto(`${a.url}/`);
		assert.equal(await page.getAttribute('html', 'lang'), 'en');
		await page.click('footer a[hreflang=fr]');
		assert.equal(await page.getAttribute('html', 'lang'), 'fr');
		await page.goto(`${a.url}/directory`);
		assert.equal(await page.getAttribute('html', 'lang'), 'fr');
		await c.close();
	});
}
