// Starts three territories and Chromium, runs every file of checks over them, ends what it started.
//
// A and B tell each other of changes and poll every ten minutes only; C hears nothing and polls each second.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as browser from './lib/browser.mjs';
import { communes, elsewhere, here, ndjson } from './lib/data.mjs';
import { killAll, Node } from './lib/nodes.mjs';
import { bail, finish, note, until } from './lib/tap.mjs';
import firstVisit from './first.mjs';
import formats from './formats.mjs';
import journey from './journey.mjs';
import roles from './roles.mjs';
import forms from './forms.mjs';
import sessions from './sessions.mjs';
import admin from './admin.mjs';
import words from './words.mjs';
import pages from './pages.mjs';
import pseudo from './pseudo.mjs';
import shots from './shots.mjs';

const suites = { firstVisit, formats, journey, roles, forms, sessions, admin, words, pages, shots, pseudo };

const folder = mkdtempSync(join(tmpdir(), 'maillage-browser-'));
process.env.TMPDIR = folder;	// Chromium's profiles too

const slow = { poll_min: 600, poll_max: 600 };
const a = new Node(folder, { key: 'a', name: 'Loos-en-Gohelle', territory: '62528', settings: slow });
const b = new Node(folder, { key: 'b', name: 'Saint-Denis de La Réunion', territory: '97411', settings: slow });
const c = new Node(folder, { key: 'c', name: 'Réseau d’essai', territory: '75056', settings: { poll_min: 1, poll_max: 2, notify: 'no' } });
const nodes = [a, b, c];
const people = [['membre', 'member'], ['autre', 'member'], ['animation', 'animator'], ['admin', 'admin']];

let ended = false;
function end(status) {
	if (ended)
		return;
	ended = true;
	killAll();
	rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
	process.exit(status);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
	process.on(signal, () => end(1));
process.on('uncaughtException', (error) => {
	bail(error);
	end(1);
});

async function fill(node, rows, column, value) {
	for (const [who, role] of people)
		await node.account(`${who}@essai.example`, `${who[0].toUpperCase()}${who.slice(1)} Exemple`, role);
	if (column)
		await node.importRows('Organization', 'csv', communes(column, value));
	for (const [type, list] of Object.entries(rows))
		await node.importRows(type, 'ndjson', ndjson(list));
}

async function everybodyHasEverything() {
	const counts = await Promise.all(nodes.map(async (node) => {
		const lists = ['/directory.json', '/network.json'].map((list) => node.visitor.json(list));
		const [{ total }, { nodes: known }] = await Promise.all(lists);
		return known.length === 3 && known.every((one) => one.self || one.confirmed) ? total : -1;
	}));
	return counts[0] > 0 && counts.every((count) => count === counts[0]);
}

async function start() {
	await Promise.all(nodes.map((node) => node.make()));
	await Promise.all([fill(a, here, 'epci', 'CA de Lens - Liévin'), fill(b, elsewhere, 'region', 'La Réunion'), fill(c, {})]);
	await Promise.all(nodes.map((node) => node.start()));
	for (const node of nodes)
		browser.allow(node.host);
	// Once all answer: who does not is asked again after poll_min, which is ten minutes here.
	for (const one of nodes)
		for (const other of nodes)
			if (one !== other)
				await one.follow(other);
	await until('the three nodes hold the same', 30_000, everybodyHasEverything);
	return browser.launch();
}

let status = 1;
try {
	const chromium = await start();
	const wanted = process.argv.slice(2);
	for (const [name, suite] of Object.entries(suites))
		if (!wanted.length || wanted.includes(name))
			await suite({ browser: chromium, a, b, c, nodes });
	await chromium.close();
	for (const node of nodes)
		await node.stop();
	status = finish();
} catch (error) {
	bail(error);
}
if (status)
	for (const node of nodes)
		try {
			note('%s: %s', node.key, readFileSync(node.log, 'utf8').split('\n').filter((line) => !/ status=[23]/.test(line)).slice(-15).join('\n'));
		} catch { /* it never started */ }
end(status);
