// The catalogues and the vocabularies, and the words a page shows.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { source } from './nodes.mjs';

const unquote = (lines) => lines.map((line) => JSON.parse(line)).join('');

// [{id, plural, texts}] of a .po file; the header is left out.
export function catalogue(lang) {
	const entries = [];
	for (const block of readFileSync(join(source, `web/po/${lang}.po`), 'utf8').split(/\n\s*\n/)) {
		const parts = {};
		let part;
		for (const line of block.split('\n')) {
			const found = /^(msgid|msgid_plural|msgstr(?:\[\d\])?) (".*")$/.exec(line);
			if (found)
				parts[part = found[1]] = [found[2]];
			else if (line.startsWith('"') && part)
				parts[part].push(line);
		}
		if (parts.msgid && unquote(parts.msgid))
			entries.push({ id: unquote(parts.msgid), plural: parts.msgid_plural && unquote(parts.msgid_plural),
				texts: Object.keys(parts).filter((key) => key.startsWith('msgstr')).map((key) => unquote(parts[key])) });
	}
	return entries;
}

export function vocabularyPairs() {
	const all = JSON.parse(readFileSync(join(source, 'protocol/types/vocabularies.json'), 'utf8'));
	return Object.values(all).flat().map(({ fr, en }) => ({ fr: [fr], en: [en] }));
}

// [{fr: [text], en: [text]}] of everything the interface can say.
export function pairs() {
	const english = new Map(catalogue('en').map((entry) => [entry.id, entry]));
	const list = catalogue('fr').map((entry) => ({ fr: entry.texts,
		en: [entry.id, entry.plural, ...english.get(entry.id)?.texts ?? []].filter(Boolean) }));
	return [...list, ...vocabularyPairs()];
}

const flat = (text) => text.replace(/[\s\u00a0\u202f]+/g, ' ').trim();
const letters = (text) => (text.replace(/%s/g, '').match(/\p{L}/gu) ?? []).length;

// Finds, in what a page shows, what belongs to `wrong` and not to `right`.
export function detector(wrong, right) {
	const all = pairs();
	const ours = new Set(all.flatMap((pair) => pair[right]).map(flat));
	const exact = new Map(), shapes = [], parts = [];
	for (const pair of all)
		for (const text of pair[wrong].map(flat)) {
			if (ours.has(text) || letters(text) < 3)
				continue;
			if (text.includes('%s'))
				shapes.push([new RegExp(`^${text.split('%s').map((s) => s.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.+')}$`), text]);
			else
				exact.set(text, text);
			if (!text.includes('%s') && text.split(' ').length >= 3 && text.length > 14)
				parts.push(text);
		}
	return (segments) => {
		const found = [];
		for (const segment of segments.map(flat)) {
			const hit = exact.get(segment) ?? parts.find((text) => segment.includes(text)) ??
				shapes.find(([shape]) => shape.test(segment) && !ours.has(segment))?.[1];
			if (hit)
				found.push(`“${segment}” is “${hit}”`);
		}
		return found;
	};
}

// Every piece of text a person gets from the page, on screen or read aloud, but for what is marked as of another language.
export function segments(page) {
	return page.evaluate(() => {
		const lang = document.documentElement.lang, found = [document.title];
		const other = (element) => element.closest('[lang]')?.lang !== lang;
		const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
		for (let node = walker.nextNode(); node; node = walker.nextNode()) {
			if (node.nodeType === Node.TEXT_NODE) {
				if (node.data.trim() && !other(node.parentElement) && !/^(SCRIPT|STYLE|CODE)$/.test(node.parentElement.tagName))
					found.push(node.data);
				continue;
			}
			for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'data-label'])
				if (node.getAttribute(name) && !other(node))
					found.push(node.getAttribute(name));
		}
		return found;
	});
}

// A copy of the installed files in which everything the interface says in French stands in brackets.
export function pseudoShare(from, folder) {
	const share = join(folder, 'pseudo');
	mkdirSync(join(share, 'locale'), { recursive: true });
	for (const name of readdirSync(from))
		if (name !== 'locale' && name !== 'vocabularies.json')
			symlinkSync(join(from, name), join(share, name));
	symlinkSync(join(from, 'locale/en.mo'), join(share, 'locale/en.mo'));
	const words = JSON.parse(readFileSync(join(from, 'vocabularies.json'), 'utf8'));
	for (const entry of Object.values(words).flat())
		entry.fr = `⟦${entry.fr}⟧`;
	writeFileSync(join(share, 'vocabularies.json'), JSON.stringify(words));
	// Only what stands between quotes on the lines of a translation changes; a first line "" is continued.
	const po = readFileSync(join(source, 'web/po/fr.po'), 'utf8').split(/\n(?=\s*\n)/).map((block, n) => (
		n === 0 ? block : block.replace(/^(msgstr(?:\[\d\])?) ("(?:.*)"(?:\n".*")*)/gm, (_, key, text) => (
			`${key} ${JSON.stringify(`⟦${unquote(text.split('\n'))}⟧`)}`)))).join('\n');
	writeFileSync(join(folder, 'pseudo.po'), po);
	execFileSync(process.env.MSGFMT ?? 'msgfmt', ['-o', join(share, 'locale/fr.mo'), join(folder, 'pseudo.po')]);
	return share;
}

// Dates are written by rules, not by translations; zones and addresses are the same everywhere.
const rules = new RegExp(['(?<!\\p{L})(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lun|mar|mer|jeu|ven|sam|dim|1er|h|janvier|février|mars|avril',
	'mai|juin|juillet|août|septembre|octobre|novembre|décembre|janv|févr|avr|juil|sept|oct|nov|déc)(?!\\p{L})',
	'\\b(?:Europe|Indian|America|Pacific)/[A-Z]\\w+|UTC|\\S+@\\S+'].join('|'), 'gu');

// What is neither translated (in brackets) nor known data, date, number or sign.
export function untranslated(list, data) {
	const known = [...data].filter((text) => letters(text)).map(flat).sort((a, b) => b.length - a.length);
	return list.map(flat).filter((segment) => {
		if (segment.includes('⟦') || segment.includes('⟧'))
			return false;
		let rest = segment;
		for (const text of known)
			rest = rest.split(text).join(' ');
		return letters(rest.replace(rules, ' ')) > 0;
	});
}
