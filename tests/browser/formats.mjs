// Every list for other programs, and every object as the bytes its author signed.
import assert from 'node:assert/strict';
import { context } from './lib/browser.mjs';
import { routeTable, world } from './lib/routes.mjs';
import { test } from './lib/tap.mjs';

const TYPES = { json: 'application/json', csv: 'text/csv', geojson: 'application/geo+json', atom: 'application/atom+xml',
	ics: 'text/calendar' };

// RFC 4180, strictly.
export function parseCsv(text) {
	const rows = [];
	const cell = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/y;
	let row = [];
	while (cell.lastIndex < text.length) {
		const at = cell.lastIndex;
		const found = cell.exec(text);
		assert.ok(found, `not CSV at byte ${at}: ${JSON.stringify(text.slice(at, at + 40))}`);
		row.push(found[1].startsWith('"') ? found[1].slice(1, -1).replaceAll('""', '"') : found[1]);
		if (found[2] !== ',') {
			rows.push(row);
			row = [];
		}
	}
	return rows;
}

// RFC 5545: folded lines, nested components. Returns the events as objects.
export function parseIcs(text) {
	assert.ok(text.endsWith('\r\n'));
	const physical = text.slice(0, -2).split('\r\n');
	for (const line of physical) {
		assert.ok(Buffer.byteLength(line) <= 75, `a line of ${Buffer.byteLength(line)} bytes: ${line}`);
		assert.ok(!/[\r\n]/.test(line));
	}
	const lines = text.slice(0, -2).replace(/\r\n[ \t]/g, '').split('\r\n');
	const open = [], events = [];
	for (const line of lines) {
		const [, name, value] = /^([A-Z-]+)(?:;[^:]*)?:(.*)$/.exec(line) ?? assert.fail(`not a content line: ${line}`);
		if (name === 'BEGIN') {
			open.push(value);
			if (value === 'VEVENT')
				events.push({});
		} else if (name === 'END') {
			assert.equal(open.pop(), value);
		} else if (open.at(-1) === 'VEVENT') {
			events.at(-1)[name] = value;
		}
	}
	assert.equal(open.length, 0);
	for (const event of events)
		for (const needed of ['UID', 'DTSTAMP', 'DTSTART', 'SUMMARY'])
			assert.ok(event[needed], `${needed} of ${JSON.stringify(event)}`);
	return events;
}

async function wholeJson(node, path) {
	const items = [];
	let total;
	for (let url = path; url;) {
		const answer = await node.visitor.json(url);
		assert.deepEqual(Object.keys(answer).sort(), ['facets', 'items', 'next', 'total']);
		items.push(...answer.items);
		total = answer.total;
		url = answer.next;
	}
	assert.equal(items.length, total);
	assert.equal(new Set(items.map((item) => item.id)).size, total);
	return items;
}

export default async function ({ browser, a, b }) {
	const lists = routeTable().filter((route) => route.method === 'GET' && route.formats.includes('csv'));
	const c = await context(browser);
	const page = await c.newPage();
	await page.goto(`${a.url}/`);

	for (const list of lists)
		await test(`${list.path}: ${list.formats.join(', ')}`, async () => {
			const all = list.formats.includes('ics') ? '?from=2000-01-01' : '';
			const items = await wholeJson(a, `${list.path}.json${all}`);
			assert.ok(items.length >= 2, `${items.length} items`);
			for (const format of list.formats.filter((f) => f !== 'html')) {
				const answer = await a.visitor.get(`${list.path}.${format}${all}`);
				assert.equal(answer.status, 200, format);
				assert.equal(answer.headers['content-type'].split(';')[0], TYPES[format]);
				assert.match(answer.headers['x-content-type-options'] ?? '', /nosniff/);
				const accepted = await a.visitor.get(`${list.path}${all}`, { headers: { accept: TYPES[format] } });
				assert.equal(accepted.headers['content-type'], answer.headers['content-type'], `Accept: ${TYPES[format]}`);
				if (format === 'csv') {
					const [head, ...rows] = parseCsv(answer.text);
					assert.ok(rows.every((row) => row.length === head.length));
					assert.deepEqual(rows.map((row) => row[head.indexOf('name')]).sort(), items.map((item) => item.name).sort());
				} else if (format === 'geojson') {
					const { type, features } = answer.json();
					assert.equal(type, 'FeatureCollection');
					assert.deepEqual(features.map((f) => f.id).sort(), items.filter((i) => i.latitude).map((i) => i.id).sort());
					for (const { geometry: { coordinates: [x, y] } } of features)
						assert.ok(Math.abs(x) <= 180 && Math.abs(y) <= 90);
				} else if (format === 'atom') {
					const feed = await page.evaluate((xml) => {
						const doc = new DOMParser().parseFromString(xml, 'application/xml');
						return { broken: doc.querySelector('parsererror')?.textContent, ids: [...doc.querySelectorAll('entry > id')].map((e) => e.textContent),
							titles: [...doc.querySelectorAll('entry > title')].map((e) => e.textContent),
							head: ['id', 'title', 'updated'].every((name) => doc.querySelector(`feed > ${name}`)?.textContent),
							links: [...doc.querySelectorAll('entry > link')].map((e) => e.getAttribute('href')) };
					}, answer.text);
					assert.equal(feed.broken, undefined);
					assert.ok(feed.head);
					assert.equal(feed.ids.length, Math.min(items.length, 50));
					assert.ok(feed.ids.every((id) => items.some((item) => item.id === id)));
					assert.ok(feed.titles.every((title) => items.some((item) => item.name === title)));
					assert.equal((await a.visitor.get(feed.links[0])).status, 200);
				} else if (format === 'ics') {
					const events = parseIcs(answer.text);
					assert.deepEqual(events.map((e) => e.UID).sort(), items.map((item) => item.id).sort());
				}
			}
			await page.goto(`${a.url}${list.path}`);
			const links = await page.locator('head link[rel=alternate]').evaluateAll((all) => all.map((l) => [l.type, l.getAttribute('href')]));
			assert.equal(links.length, list.formats.length - 1);
			for (const [type, href] of links)
				assert.equal((await a.visitor.get(href)).headers['content-type'].split(';')[0], type);
		});

	await test('the formats of a filtered list are filtered too', async () => {
		const answer = await a.visitor.get('/directory.csv?region=La%20R%C3%A9union&type=Organization');
		const [head, ...rows] = parseCsv(answer.text);
		assert.ok(rows.length >= 24);
		assert.ok(rows.some((row) => row[head.indexOf('name')] === 'Saint-Paul'));
		assert.ok(!rows.some((row) => row[head.indexOf('name')] === 'Wingles'));
	});

	await test('every object is on the other node as its author signed it, byte for byte', async () => {
		const w = await world(a, b);
		for (const [type, key] of Object.entries(w.own)) {
			const own = await a.visitor.get(`/o/${key}.json`);
			const copy = await b.visitor.get(`/o/${a.host}/${key}.json`);
			assert.equal(own.status, 200);
			assert.equal(own.headers['content-type'], 'application/json');
			assert.ok(own.body.equals(copy.body), `${type} ${key}`);
			const object = own.json();
			assert.equal(object.id, `${a.url}/o/${key}`);
			assert.equal(object.type, type);
			assert.match(object.proof.verificationMethod, new RegExp(`^${a.nid}#z`));
		}
		for (const [type, path] of Object.entries(w.others))
			assert.ok((await a.visitor.get(`/o/${path}.json`)).body.equals((await b.visitor.get(`/o/${path.split('/')[1]}.json`)).body), type);
		const [event] = parseIcs((await a.visitor.get(`/o/${w.own.Event}.ics`)).text);
		assert.equal(event.UID, `${a.url}/o/${w.own.Event}`);
	});

	await c.close();
}
