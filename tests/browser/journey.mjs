// Announcing, changing and deleting an event on one node, and what the other nodes show of it.
import assert from 'node:assert/strict';
import { context, signIn } from './lib/browser.mjs';
import { local } from './lib/data.mjs';
import { password } from './lib/nodes.mjs';
import { test, note, plain, until } from './lib/tap.mjs';

const NOTIFIED = 5000;	// by a notice
const POLLED = 10_000;	// C polls every one to two seconds

const word = 'Quetzalcoatl';	// nowhere else

async function found(node) {
	return (await node.visitor.json(`/agenda.json?q=${word}`)).items;
}

async function spread(nodes, what, condition) {
	for (const [node, ms] of nodes) {
		const started = Date.now();
		await until(`${node.name} ${what}`, ms, async () => condition(await found(node)));
		note('%s %s after %d ms', node.name, what, Date.now() - started);
	}
}

export default async function ({ browser, a, b, c }) {
	const others = [[b, NOTIFIED], [c, POLLED]];
	const session = await context(browser);
	const page = await session.newPage();
	let path, key;

	await test('a member signs in and is welcomed', async () => {
		await page.goto(`${a.url}/new/Event`);
		assert.equal(new URL(page.url()).pathname, '/login', 'a form asks a stranger to sign in');
		await page.fill('[name=email]', 'membre@essai.example');
		await page.fill('[name=password]', 'ce n’est pas le bon');
		await page.click('main form button');
		assert.match(await page.textContent('#errors'), /adresse|mot de passe/i);
		assert.equal(await page.inputValue('[name=email]'), 'membre@essai.example');
		assert.equal(await page.inputValue('[name=password]'), '');
		await page.fill('[name=password]', password);
		await page.click('main form button');
		assert.equal(new URL(page.url()).pathname, '/new/Event', 'and leads back to it');
	});

	await test('a form without its title comes back filled in, with the reason beside the field', async () => {
		await page.goto(`${a.url}/agenda`);
		await page.click('.page-head a[href="/new/Event"]');
		await page.fill('[name=summary]', `Une fête avec ${word}`);
		await page.fill('[name=startTime]', local(12, '18:30'));
		await page.selectOption('[name=zone]', 'Indian/Reunion');
		await page.check('[name=theme] >> nth=0');
		const [answer] = await Promise.all([page.waitForResponse((r) => r.request().method() === 'POST'),
			page.click('main form[action^="/new/"] .actions button')]);
		assert.equal(answer.status(), 422);
		const errors = page.locator('#errors');
		assert.equal(await errors.getAttribute('tabindex'), '-1');
		assert.equal(await errors.getAttribute('role'), 'alert');
		await errors.focus();
		assert.equal(await page.evaluate(() => document.activeElement.id), 'errors');
		assert.match(await page.title(), /^Erreur/);
		assert.equal(await page.getAttribute('[name=name]', 'aria-invalid'), 'true');
		const described = (await page.getAttribute('[name=name]', 'aria-describedby')).split(' ');
		assert.ok(described.includes('f-name-error'), described.join());
		await errors.locator('a').first().click();
		assert.equal(await page.evaluate(() => document.activeElement.name), 'name');
		assert.equal(await page.inputValue('[name=summary]'), `Une fête avec ${word}`);
		assert.equal(await page.inputValue('[name=startTime]'), local(12, '18:30'));
		assert.equal(await page.inputValue('[name=zone]'), 'Indian/Reunion');
		assert.ok(await page.isChecked('[name=theme] >> nth=0'));
	});

	await test('an event that ends before it starts is refused at its end', async () => {
		await page.fill('[name=name]', `Fête du ${word}`);
		await page.fill('[name=endTime]', local(11, '18:30'));
		await page.click('main form[action^="/new/"] .actions button');
		assert.equal(await page.getAttribute('[name=endTime]', 'aria-invalid'), 'true');
		assert.equal(await page.inputValue('[name=name]'), `Fête du ${word}`);
		await page.fill('[name=endTime]', local(12, '20:00'));
	});

	await test('the event is on its own agenda at once, and on the others’ within seconds', async () => {
		await page.click('main form[action^="/new/"] .actions button');
		await page.waitForURL(/\/o\/[a-z2-7]{26}/);
		path = new URL(page.url()).pathname;
		key = path.split('/').pop();
		assert.equal(await page.textContent('h1'), `Fête du ${word}`);
		assert.equal(await page.locator('.notice[role=status]').count(), 1);
		assert.match(plain(await page.textContent('.page-head .when')), /15(:30| h 30)/, 'the reader’s time');
		assert.match(plain(await page.textContent('.page-head .when')), /18(:30| h 30)/, 'the event’s own');
		await page.goto(`${a.url}/agenda`);
		assert.equal(await page.locator(`.items h3 a:text-is("Fête du ${word}")`).count(), 1);
		await spread(others, 'shows the event', (items) => items.length === 1);
		const there = await session.newPage();
		await there.goto(`${b.url}/agenda`);
		await there.click(`.items h3 a:text-is("Fête du ${word}")`);
		assert.match(await there.textContent('.provenance'), /Loos-en-Gohelle/);
		assert.equal(await there.locator('a[href^="/edit/"]').count(), 0);
		await there.close();
	});

	await test('an edit follows', async () => {
		await page.goto(`${a.url}${path}`);
		await page.click('a[href^="/edit/"]');
		assert.equal(await page.inputValue('[name=startTime]'), local(12, '18:30'));
		assert.equal(await page.inputValue('[name=zone]'), 'Indian/Reunion');
		await page.fill('[name=name]', `Grande fête du ${word}`);
		await page.click('main form[action^="/edit/"] .actions button');
		await page.waitForURL((url) => url.pathname === path);
		assert.equal(await page.textContent('h1'), `Grande fête du ${word}`);
		await spread(others, 'shows the edit', (items) => items.length === 1 && items[0].name === `Grande fête du ${word}`);
		const own = await a.visitor.get(`${path}.json`);
		assert.ok(own.body.equals((await b.visitor.get(`/o/${a.host}/${key}.json`)).body));
	});

	await test('two tabs, one event: the second save is told, keeps its words, and can be made again', async () => {
		const first = await session.newPage(), second = await session.newPage();
		await first.goto(`${a.url}/edit/${key}`);
		await second.goto(`${a.url}/edit/${key}`);
		await first.fill('[name=summary]', 'Écrit dans le premier onglet');
		await first.click('main form[action^="/edit/"] .actions button');
		await first.waitForURL((url) => url.pathname === path);
		await second.fill('[name=summary]', 'Écrit dans le second onglet');
		const [answer] = await Promise.all([second.waitForResponse((r) => r.request().method() === 'POST'),
			second.click('main form[action^="/edit/"] .actions button')]);
		assert.ok([409, 422].includes(answer.status()), String(answer.status()));
		note('%s', (await second.textContent('#errors')).replace(/\s+/g, ' ').trim());
		assert.match(await second.textContent('#errors'), /entre-temps|entretemps|pendant ce temps|modifi/i);
		assert.equal(await second.inputValue('[name=summary]'), 'Écrit dans le second onglet');
		assert.equal((await a.visitor.json(`${path}.json`)).summary, 'Écrit dans le premier onglet');
		await second.click('main form[action^="/edit/"] .actions button');
		await second.waitForURL((url) => url.pathname === path);
		assert.match(await second.textContent('article .lead'), /Écrit dans le second onglet/);
		await first.close();
		await second.close();
		await spread(others, 'shows the last save', (items) => items[0]?.summary === 'Écrit dans le second onglet');
	});

	await test('a deletion follows, and leaves no trace anywhere', async () => {
		await page.goto(`${a.url}${path}`);
		await page.click('a[href^="/delete/"]');
		assert.match(await page.textContent('h1'), new RegExp(word));
		await page.click('main form[action^="/delete/"] button');
		await page.waitForURL((url) => url.pathname === '/agenda');
		assert.equal(await page.locator('.notice[role=status]').count(), 1);
		assert.equal((await found(a)).length, 0);
		await spread(others, 'has deleted it', (items) => items.length === 0);
		for (const [node, at] of [[a, path], [b, `/o/${a.host}/${key}`], [c, `/o/${a.host}/${key}`]]) {
			const pages = [at, `${at}.json`, '/', '/agenda', '/agenda/month', '/agenda.csv', '/agenda.atom', '/agenda.ics', '/agenda.json',
				'/agenda.geojson', '/directory.csv', `/directory?q=${word}`, `/directory.atom?q=${word}`,
				`/fed/v1/feed?origin=${a.nid}&audience=public&after=0.0&limit=500`];
			for (const one of pages) {
				const { status, text } = await node.visitor.get(one, { headers: { accept: '*/*' } });
				assert.equal(status, one.startsWith('/o/') ? 410 : 200, `${node.name} ${one}`);
				assert.ok(!text.replaceAll(`q=${word}`, '').replaceAll(`q%3D${word}`, '').replaceAll(`>${word}<`, '').replaceAll(`value="${word}"`, '').includes(word),
					`${node.name} ${one} still says ${word}`);
			}
			const gone = await page.goto(`${node.url}${at}`);
			assert.equal(gone.status(), 410);
			assert.match(await page.textContent('h1'), /supprimé/);
		}
		const { status } = await page.goto(`${a.url}/edit/${key}`).then((r) => ({ status: r.status() }));
		assert.equal(status, 410);
	});

	await test('the same without JavaScript: sign in, publish, find, delete, sign out', async () => {
		const plain = await context(browser, { javaScriptEnabled: false });
		const tab = await plain.newPage();
		await signIn(tab, b, 'membre');
		await tab.goto(`${b.url}/communities`);
		await tab.click('.page-head a[href="/new/Group"]');
		await tab.fill('[name=name]', 'Veillée sans script');
		await tab.click('main form[action^="/new/"] .actions button');
		assert.equal(await tab.textContent('h1'), 'Veillée sans script');
		await tab.goto(`${b.url}/`);
		await tab.fill('.search [name=q]', 'veillée');
		await tab.click('.search button');
		await tab.click('.items h3 a:text-is("Veillée sans script")');
		await tab.click('a[href^="/delete/"]');
		await tab.click('main form[action^="/delete/"] button');
		assert.equal(new URL(tab.url()).pathname, '/communities');
		await tab.goto(`${b.url}/me`);
		await tab.click('main form[action="/logout"] button');
		assert.equal(await tab.locator('a[href="/login"]:visible').count(), 1);
		await plain.close();
	});

	await session.close();
}
