// With MAILLAGE_SHOTS=DIR: what the pages look like, to be looked at by a person.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { context, lend } from './lib/browser.mjs';
import { world } from './lib/routes.mjs';
import { note } from './lib/tap.mjs';

const looks = {
	desk: { viewport: { width: 1280, height: 900 } },
	phone: { viewport: { width: 360, height: 740 } },
	dark: { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' },
	english: { viewport: { width: 1280, height: 900 }, locale: 'en-GB' },
};

export default async function ({ browser, a, b }) {
	const folder = process.env.MAILLAGE_SHOTS;
	if (!folder)
		return;
	const w = await world(b, a);
	const own = await world(a, b);
	const places = [
		['home', b, '/'], ['directory', b, '/directory'], ['filtered', b, '/directory?region=Hauts-de-France&q=loos'], ['agenda', b, '/agenda'],
		['month', b, '/agenda/month'], ['calls', b, '/calls'], ['projects', b, '/projects'], ['empty', b, '/resources?q=zzzz'],
		['event', b, `/o/${w.others.Event}`], ['call', b, `/o/${w.others.CallForProjects}`], ['organisation', b, `/o/${w.own.Organization}`],
		['project', a, `/o/${own.others.Project}`], ['resource', a, `/o/${own.own.Resource}`], ['network', a, '/network'],
		['login', b, '/login'], ['join', b, '/join'], ['missing', b, '/nulle-part'], ['privacy', b, '/privacy'], ['contact', b, '/contact'],
		['event-admin', a, `/o/${own.own.Event}`, 'admin'], ['new-event', a, '/new/Event', 'admin'], ['new-organisation', a, '/new/Organization', 'admin'],
		['refused', a, '/new/Event', 'admin', true], ['delete', a, `/delete/${own.own.Event}`, 'admin'], ['me', a, '/me', 'admin'], ['admin', a, '/admin', 'admin'],
	];
	const admin = await a.signIn('admin');
	mkdirSync(folder, { recursive: true });
	for (const [look, options] of Object.entries(looks)) {
		const stranger = await context(browser, options), signedIn = await context(browser, options);
		await lend(signedIn, admin);
		for (const [name, node, path, role, send] of places) {
			const page = await (role ? signedIn : stranger).newPage();
			await page.goto(node.url + path);
			if (send) {
				await page.fill('[name=summary]', 'Ce qui a été écrit reste');
				await page.click('main form[action^="/new/"] .actions button');
			}
			await page.screenshot({ path: join(folder, `${look}-${name}.png`), fullPage: true });
			await page.close();
		}
		await stranger.close();
		await signedIn.close();
	}
	note('pages are in %s', folder);
}
