// What an administrator does: settings, roles, invitations, territories to follow; and everybody's own page.
import assert from 'node:assert/strict';
import { context, signIn } from './lib/browser.mjs';
import { Visitor } from './lib/http.mjs';
import { password } from './lib/nodes.mjs';
import { plain, test, until } from './lib/tap.mjs';

export default async function ({ browser, a, b, c }) {
	await test('an invitation opens one account, once', async () => {
		const admin = await context(browser);
		const desk = await admin.newPage();
		await signIn(desk, a, 'admin');
		await desk.goto(`${a.url}/admin`);
		await desk.selectOption('form[action="/admin/invite"] [name=role]', 'animator');
		await desk.click('form[action="/admin/invite"] .actions button');
		const link = await desk.textContent('[aria-labelledby=invitations] code');
		const guest = await context(browser);
		const page = await guest.newPage();
		await page.goto(link);
		await page.fill('[name=name]', 'Nouvelle Venue');
		await page.fill('[name=email]', 'nouvelle@essai.example');
		await page.fill('[name=password]', 'court');
		await page.click('main form button');
		assert.equal(await page.getAttribute('[name=password]', 'aria-invalid'), 'true');
		assert.equal(await page.inputValue('[name=name]'), 'Nouvelle Venue');
		await page.fill('[name=password]', password);
		await page.click('main form button');
		assert.equal(new URL(page.url()).pathname, '/me');
		assert.equal(await page.textContent('h1'), 'Nouvelle Venue');
		assert.match(await page.textContent('.page-head .lead'), /Animation/);
		const late = new Visitor(a.url);
		assert.ok([404, 410].includes((await late.get(new URL(link).pathname)).status));
		late.done();
		await guest.close();
		await admin.close();
	});

	await test('the administrator’s settings reach every page; a colour that cannot be read is refused', async () => {
		const admin = await context(browser);
		const page = await admin.newPage();
		await signIn(page, c, 'admin');
		await page.goto(`${c.url}/admin`);
		await page.fill('[name=tagline]', 'Une devise');
		await page.fill('[name=contact]', 'Écrire à **bonjour@essai.example**');
		await page.fill('[name=accent]', '#ffff00');
		await page.click('form[action="/admin/settings"] .actions button');
		assert.equal(await page.getAttribute('[name=accent]', 'aria-invalid'), 'true');
		assert.equal(await page.inputValue('[name=tagline]'), 'Une devise');
		await page.fill('[name=accent]', '#7a1f5c');
		await page.click('form[action="/admin/settings"] .actions button');
		await page.goto(`${c.url}/contact`);
		assert.match(await page.textContent('.brand'), /Une devise/);
		assert.equal(await page.textContent('.prose strong'), 'bonjour@essai.example');
		const colour = await page.evaluate(() => getComputedStyle(document.querySelector('footer')).getPropertyValue('--accent').trim());
		assert.equal(colour, '#7a1f5c');
		await admin.close();
	});

	await test('a role is given and taken; one’s own cannot be given up by mistake', async () => {
		const admin = await context(browser), other = await context(browser);
		const desk = await admin.newPage(), page = await other.newPage();
		await signIn(desk, c, 'admin');
		await signIn(page, c, 'autre');
		const role = async (email, to) => {
			await desk.goto(`${c.url}/admin`);
			const row = desk.locator('tr', { hasText: email });
			await row.locator('[name=role]').selectOption(to);
			await row.locator('button').click();
		};
		assert.equal((await page.goto(`${c.url}/admin`)).status(), 403);
		await role('autre@essai.example', 'admin');
		assert.equal(await desk.locator('.notice[role=status]').count(), 1);
		assert.equal((await page.goto(`${c.url}/admin`)).status(), 200, 'at once, in the session that is open');
		await role('autre@essai.example', 'member');
		assert.equal((await page.goto(`${c.url}/admin`)).status(), 403);
		await role('admin@essai.example', 'member');
		assert.equal(await desk.locator('#errors').count(), 1);
		assert.equal((await desk.goto(`${c.url}/admin`)).status(), 200);
		await admin.close();
		await other.close();
	});

	await test('a territory is followed and unfollowed; an address that cannot be one is refused at its field', async () => {
		const admin = await context(browser);
		const page = await admin.newPage();
		await signIn(page, c, 'admin');
		await page.goto(`${c.url}/admin`);
		await page.fill('[name=url]', 'saint-denis point re');
		await page.click('form[action="/admin/peer"] .actions button');
		assert.equal(await page.getAttribute('[name=url]', 'aria-invalid'), 'true');
		assert.equal(await page.inputValue('[name=url]'), 'saint-denis point re');
		const row = page.locator('#peers ~ ul li', { hasText: b.host });
		assert.match(await row.textContent(), /Saint-Denis de La Réunion/);
		await row.locator('button').click();
		assert.equal(await page.locator('.notice[role=status]').count(), 1);
		assert.equal(await row.count(), 0);
		await page.fill('[name=url]', `${b.url}/`);
		await page.click('form[action="/admin/peer"] .actions button');
		assert.equal(await row.count(), 1);
		await until('it answers again', 10_000, async () => {
			await page.goto(`${c.url}/admin`);
			return /dernière réponse/.test(await row.textContent());
		});
		await admin.close();
	});

	await test('one’s own page: entries, time zone, password', async () => {
		const own = await context(browser);
		const page = await own.newPage();
		await signIn(page, b, 'autre');
		await page.goto(`${b.url}/me`);
		await page.click('.actions a[href="/new/Resource"]');
		await page.fill('[name=name]', 'Fiche de l’autre');
		await page.click('main form[action^="/new/"] .actions button');
		await page.goto(`${b.url}/me`);
		assert.deepEqual(await page.locator('.items h3').allTextContents(), ['Fiche de l’autre']);
		await page.selectOption('[name=zone]', 'Europe/Paris');
		await page.click('main form[action="/me"] .actions button');
		await page.goto(`${b.url}/agenda?q=conte`);
		assert.match(plain(await page.textContent('.items .when')), /14 h 30/, 'the reader’s time, not the node’s');
		await page.goto(`${b.url}/me`);
		const change = async (old, next) => {
			await page.fill('[name=old]', old);
			await page.fill('[name=password]', next);
			await page.click('main form[action="/me"] .actions button');
		};
		await change('pas celui-là', 'un autre mot de passe');
		assert.equal(await page.getAttribute('[name=old]', 'aria-invalid'), 'true');
		await change(password, 'court');
		assert.equal(await page.getAttribute('[name=password]', 'aria-invalid'), 'true');
		await change(password, 'un autre mot de passe');
		assert.equal(await page.locator('.notice[role=status]').count(), 1);
		const visitor = await new Visitor(b.url).signIn('autre@essai.example', 'un autre mot de passe');
		visitor.done();
		await own.close();
	});
}
