// Every page for everybody: axe-core, keyboard, small screens, enlarged text, the dark.
import assert from 'node:assert/strict';
import { axe, complaints, context, lend, overflow } from './lib/browser.mjs';
import { addresses, expected, routeTable, world } from './lib/routes.mjs';
import { note, test } from './lib/tap.mjs';
import { detector, segments } from './lib/words.mjs';

const WIDTHS = [[360, 740, 'a phone'], [320, 640, 'enlarged four times'], [640, 450, 'enlarged twice'], [1280, 900, 'a desk']];

export default async function ({ browser, a, b }) {
	const w = await world(a, b);
	const foreign = detector('en', 'fr');
	const paths = (role) => routeTable().filter((r) => r.method === 'GET' && r.formats.includes('html') && r.path !== '/lang/:lang')
		.filter((r) => expected(r, role).status !== 303)
		.flatMap((r) => addresses(r, w))
		.concat('/nulle-part', '/agenda?q=zzzz', '/directory?page=2', '/directory?region=La%20R%C3%A9union&q=saint');

	for (const role of ['stranger', 'admin']) {
		const c = await context(browser);
		const list = paths(role);
		const small = new Set();
		const grave = [], dark = [], wide = [], structure = [], english = [];
		if (role === 'admin')
			await lend(c, await a.signIn('admin'));

		// One visit for all of them: loading a page once is what takes the time.
		async function look(page, path) {
			await page.setViewportSize({ width: 1280, height: 900 });
			await page.emulateMedia({ colorScheme: 'light' });
			await page.goto(a.url + path);
			for (const found of await axe(page)) {
				if (found.grave)
					grave.push(`${path}: ${found.line}`);
				else
					small.add(`${found.line.split('\n')[0]} (${path})`);
			}
			english.push(...foreign(await segments(page)).map((line) => `${path}: ${line}`));
			const marks = await page.evaluate(() => ({ h1: document.querySelectorAll('h1').length,
				main: document.querySelectorAll('main').length, title: document.title, lang: document.documentElement.lang,
				ids: [...document.querySelectorAll('[id]')].map((e) => e.id) }));
			if (marks.h1 !== 1 || marks.main !== 1 || !marks.title || !marks.lang || new Set(marks.ids).size !== marks.ids.length)
				structure.push(`${path}: ${JSON.stringify(marks)}`);
			await page.emulateMedia({ colorScheme: 'dark' });
			const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number));
			if (ground[0] + ground[1] + ground[2] > 150)
				dark.push(`${path}: the ground is ${ground}`);
			for (const found of (await axe(page, ['color-contrast', 'link-in-text-block'])).filter((f) => f.grave))
				dark.push(`${path}: ${found.line}`);
			for (const [width, height, name] of WIDTHS) {
				await page.setViewportSize({ width, height });
				for (const line of await overflow(page))
					wide.push(`${path} on ${name}: ${line}`);
			}
		}

		await test(`axe-core finds nothing serious on any page as ${role}`, async () => {
			const queue = [...list];
			const walk = async () => {
				const page = await c.newPage();
				while (queue.length)
					await look(page, queue.shift());
			};
			await Promise.all([walk(), walk(), walk()]);
			note('%d pages; smaller remarks: %s', list.length, [...small].join('; ') || 'none');
			assert.deepEqual(grave, []);
		});
		await test(`every page has one h1, one main, a title, a language and no id twice, as ${role}`, () => assert.deepEqual(structure, []));
		await test(`in the dark everything can still be read, as ${role}`, () => assert.deepEqual(dark, []));
		await test(`no page scrolls sideways at 360, 320, 640 and 1280 px, as ${role}`, () => assert.deepEqual(wide, []));
		await test(`French pages: nothing is left in English, as ${role}`, () => assert.deepEqual(english, []));
		await c.close();
	}

	await test('axe-core on refused forms, on a phone, at twice the pixels', async () => {
		const c = await context(browser, { viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 });
		const page = await c.newPage();
		const grave = [];
		await lend(c, await a.signIn('admin'));
		for (const type of w.types) {
			await page.goto(`${a.url}/new/${type}`);
			await page.click('main form[action^="/new/"] .actions button');
			assert.deepEqual(await overflow(page), []);
			grave.push(...(await axe(page)).filter((f) => f.grave).map((f) => `${type}: ${f.line}`));
		}
		assert.deepEqual(grave, []);
		await c.close();
	});

	await test('the keyboard alone: skip link first, focus always visible, the menu of a phone opens', async () => {
		const c = await context(browser);
		const page = await c.newPage();
		await page.goto(`${a.url}/directory`);
		await page.keyboard.press('Tab');
		assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
		await page.keyboard.press('Enter');
		assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
		for (let n = 0; n < 25; n++) {
			await page.keyboard.press('Tab');
			const outline = await page.evaluate(() => {
				const style = getComputedStyle(document.activeElement);
				return `${style.outlineStyle} ${style.outlineWidth}`;
			});
			assert.match(outline, /^(solid|auto) [1-9]/, `focus ${n}`);
		}
		await page.setViewportSize({ width: 360, height: 740 });
		await page.goto(`${a.url}/`);
		assert.equal(await page.locator('nav a[href="/agenda"]:visible').count(), 0);
		await page.focus('.menu summary');
		await page.keyboard.press('Enter');
		await page.click('nav a[href="/agenda"]:visible');
		assert.equal(new URL(page.url()).pathname, '/agenda');
		await c.close();
	});

	await test('without JavaScript every page is the same, and none holds a script', async () => {
		const c = await context(browser, { javaScriptEnabled: false });
		const page = await c.newPage();
		for (const path of paths('stranger')) {
			await page.goto(a.url + path);
			assert.equal(await page.locator('h1').count(), 1);
			const active = await page.evaluate(() => [...document.querySelectorAll('*')].filter((e) => e.tagName === 'SCRIPT' ||
				[...e.attributes].some((x) => /^on|^style$/.test(x.name) || /^\s*javascript:/i.test(x.value))).map((e) => e.outerHTML));
			assert.deepEqual(active, [], path);
		}
		await c.close();
	});

	await test('no page called anybody else, or ran into its own security policy', () => assert.deepEqual([...new Set(complaints)], []));
}
