// Nodes of the built program, each in its own folder: made, filled, started, and ended by their pids.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { Visitor } from './http.mjs';
import { until } from './tap.mjs';

export const program = process.env.MAILLAGE;
export const source = process.env.MAILLAGE_SOURCE;
export const password = 'un mot de passe d’essai';

// All on one address: browsers share cookies between ports, so nothing may depend on the port alone.
const HOST = '127.0.0.31';

const running = new Set();

function freePort() {
	return new Promise((resolve, reject) => {
		const server = net.createServer();
		server.on('error', reject);
		server.listen(0, HOST, () => {
			const { port } = server.address();
			server.close(() => resolve(port));
		});
	});
}

export function run(args, input = '') {
	return new Promise((resolve, reject) => {
		const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
		let out = '', err = '';
		running.add(child);
		child.stdout.on('data', (data) => { out += data; });
		child.stderr.on('data', (data) => { err += data; });
		child.stdin.on('error', () => {});
		child.on('error', reject);
		child.on('close', (code) => {
			running.delete(child);
			if (code === 0)
				resolve(out);
			else
				reject(new Error(`maillage ${args.join(' ')}: exit ${code}: ${err.trim()}`));
		});
		child.stdin.end(input);
	});
}

function setting(conf, name, value) {
	const line = new RegExp(`^[;# ]*${name}[ ]*=.*$`, 'm');
	if (!line.test(conf))
		throw new Error(`maillage.conf has no ${name}`);
	return conf.replace(line, `${name} = ${value}`);
}

export class Node {
	constructor(folder, { key, name, territory, settings = {}, share }) {
		Object.assign(this, { key, name, territory, settings, share, dir: join(folder, key), log: join(folder, `${key}.log`) });
	}

	async make() {
		this.host = `${HOST}:${await freePort()}`;
		this.url = `http://${this.host}`;
		const out = await run(['init', this.dir, '--name', this.name, '--url', this.url, '--listen', this.host,
			'--territory', this.territory, '--lang', 'fr', '--json']);
		this.made = JSON.parse(out);
		this.nid = this.made.nid;
		const file = join(this.dir, 'maillage.conf');
		let conf = readFileSync(file, 'utf8');
		for (const [name, value] of Object.entries(this.settings))
			conf = setting(conf, name, value);
		writeFileSync(file, conf);
	}

	account(email, name, role) {
		return run(['account', 'add', this.dir, '--email', email, '--name', name, '--role', role, '--password-stdin'],
			`${password}\n`);
	}

	importRows(type, format, text) {
		return run(['import', this.dir, '-', '--type', type, '--format', format], text);
	}

	follow(other) {
		return run(['peer', 'add', this.dir, other.url]);
	}

	async start() {
		const log = openSync(this.log, 'a');
		this.child = spawn(program, ['serve', this.dir], {
			stdio: ['ignore', log, log], env: { ...process.env, ...(this.share ? { MAILLAGE_SHARE: this.share } : {}) },
		});
		closeSync(log);
		running.add(this.child);
		this.child.on('exit', () => running.delete(this.child));
		this.visitor = new Visitor(this.url);
		await until(`${this.name} answers`, 20_000, async () => {
			if (this.child.exitCode !== null)
				throw new Error(`it ended: ${readFileSync(this.log, 'utf8').slice(-400)}`);
			return (await this.visitor.get('/healthz')).status === 200;
		});
	}

	async stop() {
		const { child } = this;
		this.visitor?.done();
		if (!child || child.exitCode !== null || child.signalCode !== null)
			return child?.exitCode;
		child.kill('SIGTERM');
		await until(`${this.name} stops`, 20_000, () => child.exitCode !== null || child.signalCode !== null);
		return child.exitCode;
	}

	// The number of the last transaction of the store: it tells whether anything was written.
	async transaction() {
		const { text } = await this.visitor.get('/metrics');
		return Number(/^maillage_store_transaction (\d+)$/m.exec(text)[1]);
	}

	// Waits until nothing has been written for a while: heads are signed a moment after a change.
	async settled() {
		let last = await this.transaction(), since = Date.now();
		await until(`${this.name} is at rest`, 30_000, async () => {
			const now = await this.transaction();
			if (now !== last)
				[last, since] = [now, Date.now()];
			return Date.now() - since > 1500;
		});
		return last;
	}

	async signIn(who) {
		return new Visitor(this.url).signIn(`${who}@essai.example`, password);
	}
}

// Whatever happens: only what was started here, by its pid.
export function killAll() {
	for (const child of running)
		child.kill('SIGKILL');
}
