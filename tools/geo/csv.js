'use strict';
// RFC 4180 CSV, with LF line ends so that the file reads well in a diff.

// rows: arrays of strings. A field is quoted only when it must be.
function format(rows) {
	const field = (text) => (/[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
	return rows.map((row) => row.map(field).join(',') + '\n').join('');
}

// The reverse of format(); throws where the text is no CSV or does not end with a line end.
function parse(text) {
	const field = /(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/y;
	const rows = [];
	let row = [];
	while (field.lastIndex < text.length) {
		const match = field.exec(text);
		if (!match) throw new Error(`malformed CSV after ${rows.length} rows`);
		const [, quoted, bare, separator] = match;
		row.push(quoted === undefined ? bare : quoted.replace(/""/g, '"'));
		if (separator === '\n') {
			rows.push(row);
			row = [];
		}
	}
	if (row.length) throw new Error('the last line has no line end');
	return rows;
}

// Rows as objects keyed by the header line; throws on a row of another width.
function records(text) {
	const [header, ...rows] = parse(text);
	return rows.map((row, i) => {
		if (row.length !== header.length) throw new Error(`line ${i + 2}: ${row.length} fields`);
		return Object.fromEntries(header.map((name, column) => [name, row[column]]));
	});
}

module.exports = { format, parse, records };
