// What the nodes hold before the tests begin. All French, as a territory would write it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { source } from './nodes.mjs';

// "2026-11-22T14:30+01:00", some days from now; the offset is only right in winter, which is all the same here.
export function instant(days, clock, offset = '+01:00') {
	const day = new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
	return `${day}T${clock}:00${offset}`;
}

// As a form takes it.
export function local(days, clock) {
	return instant(days, clock, '').slice(0, 16);
}

export function communes(column, value) {
	const [head, ...lines] = readFileSync(join(source, 'node/data/communes.csv'), 'utf8').split('\n');
	const at = head.split(',').indexOf(column);
	return `${[head, ...lines.filter((line) => line.split(',')[at] === value)].join('\n')}\n`;
}

const loos = { commune: 'Loos-en-Gohelle', cog: '62528', department: 'Pas-de-Calais', region: 'Hauts-de-France',
	latitude: '50.4579', longitude: '2.7936' };
const saintDenis = { commune: 'Saint-Denis', cog: '97411', department: 'La Réunion', region: 'La Réunion',
	latitude: '-20.8823', longitude: '55.4504' };

export const here = {
	Event: [
		{ name: 'Visite des terrils', summary: 'Deux heures de marche et de questions.', startTime: instant(9, '14:00'),
			endTime: instant(9, '16:30'), eventKind: 'visit', theme: ['energy'], zone: 'Europe/Paris', capacity: 40,
			content: '## Programme\n\n1. Départ de la base\n2. Montée\n\n[Plan](https://example.org/plan)', location: loos },
		{ name: 'Forum des initiatives', summary: 'On part des difficultés recueillies.', startTime: instant(33, '09:00'),
			endTime: instant(33, '17:00'), eventKind: 'meeting', zone: 'Europe/Paris', location: loos },
		{ name: 'Réunion passée', startTime: instant(-20, '18:00'), zone: 'Europe/Paris', location: loos },
	],
	Project: [
		{ name: 'Contrats fifty-fifty', summary: 'Un projet porté à parts égales.', theme: ['democracy'], sdg: ['11', '17'],
			content: 'Deux engagements **publics**.', location: loos },
		{ name: 'Toitures solaires citoyennes', theme: ['energy'], sdg: ['7'], location: loos },
	],
	Group: [{ name: 'Habitants en transition', summary: 'Jardins, énergie, mobilité.', theme: ['democracy'], location: loos }],
	CallForProjects: [
		{ name: 'Initiatives de quartier', summary: 'De 500 à 5 000 €.', opens: instant(-2, '00:00'), closes: instant(40, '18:00'),
			zone: 'Europe/Paris', budget: 60000, whoMayApply: 'Toute personne qui habite la commune.', location: loos },
		{ name: 'Bourse aux idées', opens: instant(-60, '00:00'), closes: instant(-30, '18:00'), zone: 'Europe/Paris', location: loos },
	],
	Place: [{ name: 'Base 11/19', placeKind: 'third-place', openingHours: 'Du lundi au vendredi', capacity: 120, location: loos }],
	Resource: [{ name: 'Tenir un carnet d’évaluation', resourceKind: 'guide', theme: ['democracy'], year: 2024,
		content: '| Étape | Durée |\n| --- | --- |\n| Choisir | un mois |' }],
};

// The others' names and texts are hostile: they come from another node, and must stay text.
export const hostile = '<script>document.title="pris"</script> Jardin & « compost » {{name}}';
export const elsewhere = {
	Event: [{ name: 'Atelier conte', summary: 'Raconter en cinq minutes.', startTime: instant(5, '17:30', '+04:00'),
		endTime: instant(5, '19:30', '+04:00'), eventKind: 'workshop', zone: 'Indian/Reunion', location: saintDenis }],
	Project: [{ name: hostile, summary: '"><img src=x onerror=alert(1)>', theme: ['food'],
		content: '<img src=x onerror="document.title=\'pris\'">\n\n[piège](javascript:alert(1)) et [lien](https://example.org)',
		location: saintDenis }],
	Group: [{ name: 'Anciennes promotions – océan Indien', location: saintDenis }],
	CallForProjects: [{ name: 'Appel des hauts', opens: instant(3, '00:00', '+04:00'), closes: instant(50, '18:00', '+04:00'),
		zone: 'Indian/Reunion', location: saintDenis }],
	Place: [{ name: 'Médiathèque du port', location: saintDenis }],
	Resource: [{ name: 'Sept leviers', resourceKind: 'toolkit' }],
};

export function ndjson(rows) {
	return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}
