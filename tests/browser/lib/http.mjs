// Requests as they are, without a browser's help: cookies, headers and the address they come from are ours.
import http from 'node:http';

let address = 0;

// Logins are limited by address, so every visitor comes from another one.
export function freshAddress() {
	address++;
	return `127.0.${1 + Math.floor(address / 250)}.${1 + address % 250}`;
}

export class Visitor {
	constructor(base, options = {}) {
		this.base = base;
		this.from = options.from ?? freshAddress();
		this.headers = { accept: 'text/html', 'accept-language': 'fr', ...options.headers };
		this.cookies = new Map();
		this.agent = new http.Agent({ keepAlive: true, maxSockets: 4, localAddress: this.from });
	}

	cookieHeader() {
		return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
	}

	keep(lines) {
		for (const line of lines ?? []) {
			const [, name, value, rest] = /^([^=]+)=([^;]*)(.*)$/.exec(line);
			if (/max-age=0\b/i.test(rest))
				this.cookies.delete(name);
			else
				this.cookies.set(name, value);
		}
	}

	// {status, headers, body: Buffer, text, json()}; redirects are not followed.
	request(method, path, { form, headers = {}, body } = {}) {
		const all = { ...this.headers };
		if (this.cookies.size)
			all.cookie = this.cookieHeader();
		let data = body;
		if (form) {
			data = new URLSearchParams(form).toString();
			all['content-type'] = 'application/x-www-form-urlencoded';
		}
		if (data !== undefined)
			all['content-length'] = Buffer.byteLength(data);
		for (const [name, value] of Object.entries(headers))
			if (value === null)
				delete all[name];
			else
				all[name] = value;
		return new Promise((resolve, reject) => {
			const rq = http.request(new URL(path, this.base), { method, headers: all, agent: this.agent }, (answer) => {
				const pieces = [];
				answer.on('data', (piece) => pieces.push(piece));
				answer.on('error', reject);
				answer.on('end', () => {
					this.keep(answer.headers['set-cookie']);
					const bytes = Buffer.concat(pieces);
					resolve({
						status: answer.statusCode, headers: answer.headers, body: bytes,
						get text() { return bytes.toString('utf8'); },
						json: () => JSON.parse(bytes.toString('utf8')),
					});
				});
			});
			rq.setTimeout(30_000, () => rq.destroy(new Error(`${method} ${path}: no answer in 30 s`)));
			rq.on('error', reject);
			rq.end(data);
		});
	}

	get(path, options) { return this.request('GET', path, options); }
	post(path, form, options) { return this.request('POST', path, { form, ...options }); }

	async json(path) {
		const answer = await this.get(path, { headers: { accept: '*/*' } });
		if (answer.status !== 200)
			throw new Error(`GET ${path}: ${answer.status}`);
		return answer.json();
	}

	// The token of a form of this session.
	async csrf(path) {
		return csrfOf((await this.get(path)).text);
	}

	async signIn(email, password) {
		const csrf = await this.csrf('/login');
		const answer = await this.post('/login', { csrf, email, password });
		if (answer.status !== 303)
			throw new Error(`signing in as ${email} at ${this.base}: ${answer.status}`);
		return this;
	}

	done() { this.agent.destroy(); }
}

export function csrfOf(html) {
	const found = /name="csrf" value="([^"]+)"/.exec(html);
	if (!found)
		throw new Error('no form token on the page');
	return found[1];
}
