// Chromium, and what any page of it must never do: call elsewhere, or run into its own security policy.
import { chromium } from 'playwright-core';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { password } from './nodes.mjs';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const complaints = [];
const hosts = new Set();

export function allow(host) { hosts.add(host); }

export function launch() {
	return chromium.launch({
		executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true,
		args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
			'--disable-background-networking', '--disable-component-update', '--disable-sync'],
	});
}

export async function context(browser, options = {}) {
	const c = await browser.newContext({ locale: 'fr-FR', viewport: { width: 1280, height: 900 }, ...options });
	c.setDefaultTimeout(15_000);
	c.on('request', (rq) => {
		const url = new URL(rq.url());
		if (!hosts.has(url.host))
			complaints.push(`a request to ${url.origin}`);
	});
	c.on('console', (message) => {
		if (message.type() === 'error' && !/Failed to load resource/.test(message.text()))
			complaints.push(`${message.page()?.url()}: ${message.text()}`);
	});
	c.on('weberror', (error) => complaints.push(String(error.error())));
	return c;
}

export async function signIn(page, node, who) {
	await page.goto(`${node.url}/login`);
	await page.fill('[name=email]', `${who}@essai.example`);
	await page.fill('[name=password]', password);
	await page.click('main form button');
	await page.waitForURL((url) => !url.pathname.startsWith('/login'));
}

// A browser context that already has a visitor's session.
export async function lend(browserContext, visitor) {
	await browserContext.addCookies([...visitor.cookies].map(([name, value]) => ({ name, value, url: visitor.base })));
}

// Violations that stop or hurt somebody, as lines.
export async function axe(page, rules) {
	await page.evaluate(axeSource);
	const violations = await page.evaluate(async (only) => {
		const options = { resultTypes: ['violations'] };
		if (only)
			options.runOnly = { type: 'rule', values: only };
		const found = (await globalThis.axe.run(document, options)).violations;
		return found.map(({ id, impact, help, nodes }) => (
			{ id, impact, help, where: nodes.slice(0, 3).map((node) => `${node.target.join(' ')} ${node.failureSummary}`) }));
	}, rules);
	return violations.map((v) => ({ grave: v.impact === 'serious' || v.impact === 'critical',
		line: `${v.impact} ${v.id}: ${v.help}\n    ${v.where.join('\n    ').replace(/\n+/g, '\n    ')}` }));
}

// What sticks out on the right at the width the page has now; nothing is the right answer.
export function overflow(page) {
	return page.evaluate(() => {
		const root = document.documentElement;
		if (root.scrollWidth <= root.clientWidth)
			return [];
		const wide = [...document.body.querySelectorAll('*')].filter((e) => e.getBoundingClientRect().right > root.clientWidth + 1)
			.map((e) => `${e.tagName.toLowerCase()}.${e.className} to ${Math.round(e.getBoundingClientRect().right)}`);
		return [`${root.scrollWidth} > ${root.clientWidth}`, ...wide.slice(0, 4)];
	});
}
