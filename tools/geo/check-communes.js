'use strict';
// What must hold of the table of communes, whichever edition of the sources it was made from.

const csv = require('./csv');
const { territoryOf } = require('./territories');

const HEADER =
	'code,name,department,region,epci,postcode,population,latitude,longitude,timezone,approximate,' +
	'departmentCode,regionCode,epciCode';

const PATTERNS = {
	code: /^(\d{5}|2[AB]\d{3})$/,
	name: /^\S.*\S$|^\S$/,
	department: /./,
	region: /./,
	postcode: /^(\d{5})?$/,
	population: /^(0|[1-9]\d*)$/,
	latitude: /^-?\d{1,2}(\.\d{1,5})?$/,
	longitude: /^-?\d{1,3}(\.\d{1,5})?$/,
	approximate: /^[01]$/,
	departmentCode: /^(\d{2,3}|2[AB])$/,
	regionCode: /^(\d{2,3})$/,
	epciCode: /^(\d{9})?$/,
};

// Communes everybody can place: code, name, zone, and coordinates to a tenth of a degree.
const EXAMPLES = [
	['75056', 'Paris', 'Europe/Paris', 48.86, 2.35],
	['13055', 'Marseille', 'Europe/Paris', 43.30, 5.38],
	['69123', 'Lyon', 'Europe/Paris', 45.76, 4.84],
	['62528', 'Loos-en-Gohelle', 'Europe/Paris', 50.46, 2.79],
	['62510', 'Liévin', 'Europe/Paris', 50.42, 2.78],
	['2A004', 'Ajaccio', 'Europe/Paris', 41.92, 8.74],
	['2B033', 'Bastia', 'Europe/Paris', 42.70, 9.45],
	['97105', 'Basse-Terre', 'America/Guadeloupe', 16.00, -61.73],
	['97209', 'Fort-de-France', 'America/Martinique', 14.61, -61.07],
	['97302', 'Cayenne', 'America/Cayenne', 4.94, -52.33],
	['97411', 'Saint-Denis', 'Indian/Reunion', -20.88, 55.45],
	['97502', 'Saint-Pierre', 'America/Miquelon', 46.78, -56.18],
	['97611', 'Mamoudzou', 'Indian/Mayotte', -12.78, 45.23],
	['97701', 'Saint-Barthélemy', 'America/St_Barthelemy', 17.90, -62.83],
	['97801', 'Saint-Martin', 'America/Marigot', 18.07, -63.08],
	['98412', 'Archipel des Kerguelen', 'Indian/Kerguelen', -49.35, 70.22],
	['98414', 'La Terre-Adélie', 'Antarctica/DumontDUrville', -66.66, 140.00],
	['98613', 'Uvea', 'Pacific/Wallis', -13.28, -176.17],
	['98735', 'Papeete', 'Pacific/Tahiti', -17.53, -149.57],
	['98740', 'Rangiroa', 'Pacific/Tahiti', -14.97, -147.63],
	['98731', 'Nuku-Hiva', 'Pacific/Marquesas', -8.91, -140.10],
	['98719', 'Gambier', 'Pacific/Gambier', -23.12, -134.97],
	['98818', 'Nouméa', 'Pacific/Noumea', -22.27, 166.45],
	['98901', 'Île de Clipperton', 'Etc/GMT+8', 10.30, -109.22],
];

const METROPOLITAN_KM = 120; // the farthest a commune is from the middle of its department

// text: the whole file. Returns { faults: lines for a reader, summary: one line }.
function check(text) {
	let rows;
	try {
		rows = csv.records(text);
	} catch (error) {
		return { faults: [error.message], summary: '' };
	}
	const faults = [
		...checkText(text),
		...checkTotals(rows),
		...rows.flatMap(checkRow),
		...checkTree(rows),
		...checkDistances(rows),
		...checkExamples(rows),
	];
	const approximate = rows.filter((row) => row.approximate === '1').length;
	return { faults, summary: `${rows.length} communes, ${approximate} of them located approximately` };
}

function checkText(text) {
	const faults = [];
	if (!text.startsWith(HEADER + '\n')) faults.push(`the header is not ${HEADER}`);
	if (csv.format(csv.parse(text)) !== text) faults.push('quotes where none are needed');
	return faults;
}

function checkTotals(rows) {
	const faults = [];
	const between = (what, value, low, high) => {
		if (value < low || value > high) faults.push(`${what}: ${value}, not ${low} to ${high}`);
	};
	const distinct = (column) => new Set(rows.map((row) => row[column])).size;
	const population = rows.reduce((sum, row) => sum + Number(row.population), 0);
	// Communes merge, a few tens a year.
	between('communes', rows.length, 34000, 35500);
	between('departments and collectivities', distinct('departmentCode'), 109, 109);
	between('regions and collectivities', distinct('regionCode'), 26, 26);
	between('EPCI', distinct('epciCode'), 1200, 1300);
	between('inhabitants', population, 67e6, 72e6);
	for (let i = 1; i < rows.length; i++)
		if (!(rows[i - 1].code < rows[i].code)) faults.push(`${rows[i].code}: repeated or out of order`);
	return faults;
}

function checkRow(row) {
	const faults = [];
	const fault = (message) => faults.push(`${row.code} ${row.name}: ${message}`);
	for (const [column, pattern] of Object.entries(PATTERNS))
		if (!pattern.test(row[column])) fault(`${column} "${row[column]}"`);
	if (!row.code.startsWith(row.departmentCode)) fault(`not in department ${row.departmentCode}`);
	if (Boolean(row.epci) !== Boolean(row.epciCode)) fault('an EPCI needs a name and a code');
	if (row.epciCode && !luhn(row.epciCode)) fault(`EPCI ${row.epciCode} is no SIREN`);
	const { zones, south, north, west, east } = territoryOf(row.departmentCode);
	if (!zones.includes(row.timezone)) fault(`time zone "${row.timezone}"`);
	const [latitude, longitude] = [Number(row.latitude), Number(row.longitude)];
	if (!(latitude >= south && latitude <= north && longitude >= west && longitude <= east))
		fault(`${latitude}, ${longitude} is outside its territory`);
	return faults;
}

// The check digit of a SIREN.
function luhn(digits) {
	const value = (digit, i) => (i % 2 ? (2 * digit > 9 ? 2 * digit - 9 : 2 * digit) : Number(digit));
	return Array.from(digits, value).reduce((sum, digit) => sum + digit, 0) % 10 === 0;
}

// Departments nest in regions; one code has one name, whatever the row.
function checkTree(rows) {
	const faults = [];
	const one = (from, to) => {
		const seen = new Map();
		for (const row of rows) {
			const before = seen.get(row[from]);
			if (before === undefined) seen.set(row[from], row[to]);
			else if (before !== row[to])
				faults.push(`${from} ${row[from]}: ${to} "${before}" and "${row[to]}"`);
		}
	};
	one('departmentCode', 'department');
	one('departmentCode', 'regionCode');
	one('regionCode', 'region');
	one('epciCode', 'epci');
	return faults;
}

// A box around the whole country cannot see a commune that landed in another department.
function checkDistances(rows) {
	const faults = [];
	const sums = new Map();
	for (const row of rows) {
		if (row.departmentCode.length > 2) continue;
		const sum = sums.get(row.departmentCode) || { latitude: 0, longitude: 0, rows: [] };
		sum.latitude += Number(row.latitude);
		sum.longitude += Number(row.longitude);
		sum.rows.push(row);
		sums.set(row.departmentCode, sum);
	}
	for (const { latitude, longitude, rows: members } of sums.values()) {
		const [middleLat, middleLon] = [latitude / members.length, longitude / members.length];
		for (const row of members) {
			const km = distance(middleLat, middleLon, Number(row.latitude), Number(row.longitude));
			if (km > METROPOLITAN_KM)
				faults.push(`${row.code} ${row.name}: ${Math.round(km)} km from its department's middle`);
		}
	}
	return faults;
}

// Kilometres, on a plane: good enough within a department.
function distance(lat1, lon1, lat2, lon2) {
	const degree = 111.2;
	const shrink = Math.cos((lat1 * Math.PI) / 180);
	return Math.hypot((lat1 - lat2) * degree, (lon1 - lon2) * degree * shrink);
}

function checkExamples(rows) {
	const byCode = new Map(rows.map((row) => [row.code, row]));
	const faults = [];
	for (const [code, name, zone, latitude, longitude] of EXAMPLES) {
		const row = byCode.get(code);
		const holds = row && row.name === name && row.timezone === zone &&
			Math.abs(row.latitude - latitude) < 0.1 && Math.abs(row.longitude - longitude) < 0.1;
		if (!holds) faults.push(`${code}: not ${name}, ${zone}, near ${latitude}, ${longitude}`);
	}
	return faults;
}

module.exports = { check };
