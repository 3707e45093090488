// One TAP stream: each test waits for the one before it, a failure never stops the others.
import { format } from 'node:util';

const DEADLINE = 240_000;	// under sanitizers and on a busy machine too

let count = 0;
let failed = 0;

export function note(...words) {
	for (const line of format(...words).split('\n'))
		process.stdout.write(`# ${line}\n`);
}

export async function test(name, body) {
	const started = Date.now();
	let timer;
	const late = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(`not finished after ${DEADLINE / 1000} s`)), DEADLINE);
	});
	count++;
	try {
		await Promise.race([body(), late]);
		process.stdout.write(`ok ${count} - ${name}\n`);
	} catch (error) {
		failed++;
		process.stdout.write(`not ok ${count} - ${name}\n`);
		note('%s', error.code === 'ERR_ASSERTION' ? error.message : error.stack ?? error);
	} finally {
		clearTimeout(timer);
	}
	if (process.env.MAILLAGE_TIMES)
		note('%d ms', Date.now() - started);
}

// Nothing after this can run.
export function bail(error) {
	note('%s', error.stack ?? error);
	process.stdout.write('Bail out! the nodes or the browser could not be started\n');
}

export function finish() {
	process.stdout.write(`1..${count}\n`);
	note('%d of %d passed', count - failed, count);
	return failed ? 1 : 0;
}

export async function until(what, ms, condition) {
	const end = Date.now() + ms;
	let error;
	for (;;) {
		try {
			const value = await condition();
			if (value)
				return value;
			error = undefined;
		} catch (e) {
			error = e;
		}
		if (Date.now() > end)
			throw new Error(`${what}: not within ${ms} ms${error ? ` (${error.message})` : ''}`);
		await new Promise((resolve) => setTimeout(resolve, 40));
	}
}

// Text without the kinds of blanks that typography asks for.
export const plain = (text) => text.replace(/\s+/g, ' ').trim();
