// Holds Maillage's protocol library against independent implementations, both ways.
//
//   node run.mjs PROBE DATA     the built tests/interop/probe, tests/unit/protocol/data
//
// canonicalize for RFC 8785, @digitalbazaar/eddsa-jcs-2022-cryptosuite with jsonld-signatures for
// proofs, http-message-signatures for RFC 9421.  Where a library could share a misreading with us,
// node:crypto and a few lines of this file check once more.  Nothing here opens a connection.
// INTEROP_SEED=n makes other random documents.
import {spawnSync} from 'node:child_process';
import {createHash, createPrivateKey, createPublicKey, sign, verify} from 'node:crypto';
import {readFileSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import * as Multikey from '@digitalbazaar/ed25519-multikey';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import * as jcs from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import canonicalize from 'canonicalize';
import {httpbis} from 'http-message-signatures';
import jsigs from 'jsonld-signatures';

const [probe, data] = process.argv.slice(2);
if(!data) {
  console.error('usage: node run.mjs PROBE DATA');
  process.exit(2);
}

// ---- TAP

let tests = 0;
let failures = 0;

function report(name, problems) {
  tests++;
  failures += problems.length ? 1 : 0;
  console.log(`${problems.length ? 'not ok' : 'ok'} ${tests} - ${name}`);
  for(const p of problems.slice(0, 5)) {
    console.log(`# ${String(p).slice(0, 600).replace(/\n/g, '\n# ')}`);
  }
}

// A test returns what is wrong, in a list; an exception is a failure too.
async function test(name, body) {
  try {
    report(name, await body() ?? []);
  } catch(e) {
    report(name, [e.stack]);
  }
}

const equal = (what, got, expected) =>
  got === expected ? [] : [`${what}: ${got}\ninstead of: ${expected}`];

// ---- The probe: documents in, a line each out

function ask(args, documents) {
  const nul = Buffer.from([0]);
  const input = Buffer.concat(documents.flatMap((d, i) => {
    const bytes = Buffer.from(typeof d === 'string' || Buffer.isBuffer(d) ? d : JSON.stringify(d));
    return i ? [nul, bytes] : [bytes];
  }));
  const run = spawnSync(probe, args, {input, maxBuffer: 1 << 28});
  if(run.error || run.status !== 0) {
    throw new Error(`probe ${args.join(' ')}: ${run.error ?? run.stderr} (${run.status})`);
  }
  const lines = run.stdout.toString('utf8').split('\n');
  lines.pop();
  if(lines.length !== Math.max(documents.length, 1)) {
    throw new Error(`probe ${args[0]}: ${lines.length} lines for ${documents.length} documents`);
  }
  return lines;
}

const askOne = (args, document) => ask(args, [document])[0];

// ---- Ed25519 and base58btc without any of the libraries under comparison

const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

function base58(bytes) {
  let n = BigInt('0x0' + Buffer.from(bytes).toString('hex'));
  let text = '';
  for(; n; n /= 58n) {
    text = alphabet[Number(n % 58n)] + text;
  }
  for(const b of bytes) {
    if(b) {
      break;
    }
    text = '1' + text;
  }
  return text;
}

function unbase58(text, size) {
  let n = 0n;
  for(const c of text) {
    n = n * 58n + BigInt(alphabet.indexOf(c));
  }
  return Buffer.from(n.toString(16).padStart(2 * size, '0'), 'hex');
}

const publicKey = multikey => createPublicKey({format: 'jwk', key: {
  kty: 'OKP', crv: 'Ed25519', x: unbase58(multikey.slice(1), 34).subarray(2).toString('base64url')
}});
const privateKey = seed => createPrivateKey({format: 'der', type: 'pkcs8', key:
  Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])});
const sha256 = bytes => createHash('sha256').update(bytes).digest();

// vc-di-eddsa section 3.3 in its own words: the options' digest, then the document's, signed.
function proofHolds(signed, multikey) {
  const {proof, ...document} = signed;
  const {proofValue, ...options} = proof;
  const hash = Buffer.concat([sha256(canonicalize(options)), sha256(canonicalize(document))]);
  return proofValue[0] === 'z' &&
    verify(null, hash, publicKey(multikey), unbase58(proofValue.slice(1), 64));
}

// ---- Random JSON text: any spelling the grammar allows

const seed = Number(process.env.INTEROP_SEED ?? 1);

function random(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function textMaker(rnd) {
  const below = n => Math.floor(rnd() * n);
  const pick = list => list[below(list.length)];
  const space = () => rnd() < 0.8 ? '' : pick([' ', '\n', '\t', '\r\n', '  ']);
  const ranges = [[0x20, 0x7e], [1, 0x1f], [0x7f, 0x9f], [0xa0, 0x24f], [0x300, 0x36f],
    [0x2000, 0x206f], [0xd7f0, 0xd7ff], [0xe000, 0xffff], [0x1f300, 0x1f6ff], [0x10fff0, 0x10ffff]];

  function character() {
    const [low, high] = rnd() < 0.6 ? ranges[0] : pick(ranges);
    return String.fromCodePoint(low + below(high - low + 1));
  }

  const plain = length => Array.from({length}, character).join('');

  function string(value) {
    let out = '"';
    for(const c of value) {
      const short = {'"': '\\"', '\\': '\\\\', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r',
        '\t': '\\t', '/': '\\/'}[c];
      const units = [...Array(c.length).keys()].map(i =>
        '\\u' + (rnd() < 0.5 ? s => s : s => s.toUpperCase())(
          c.charCodeAt(i).toString(16).padStart(4, '0'))).join('');
      const must = c < ' ' || c === '"' || c === '\\';
      out += short && (must ? rnd() < 0.7 : rnd() < 0.3) ? short
        : must || rnd() < 0.1 ? units : c;
    }
    return out + '"';
  }

  const float = new Float64Array(1);
  const bits = new Uint32Array(float.buffer);

  function number() {
    switch(below(7)) {
      case 0: return String(below(1000) - 500);
      case 1: return String(Math.round((rnd() - 0.5) * 2 ** 54));
      case 2: return (rnd() * 100).toFixed(below(12));
      case 3:
        return `${below(10)}.${below(1e6)}${pick(['e', 'E'])}${pick(['', '+', '-'])}${below(300)}`;
      case 4: return pick(['0', '-0', '0.0', '-0.0e5', '1e-400', '5e-324', '1.7976931348623157e308',
        '9007199254740993', '1e21', '1e20', '0.000001', '0.0000001', '333333333.33333329']);
      case 5: return (below(1e9) + '').repeat(1 + below(6)).replace(/^0+(?=\d)/, '');
      default:
        do {
          bits[0] = rnd() * 4294967296;
          bits[1] = rnd() * 4294967296;
        } while(!Number.isFinite(float[0]));
        return rnd() < 0.5 ? String(float[0]) : float[0].toExponential(below(21));
    }
  }

  function object(depth) {
    const members = new Map();
    for(let n = below(6); n; n--) {
      members.set(pick(['a', 'A', 'é', '€', '', '1', '10', '__proto__', plain(below(5))]), depth);
    }
    return '{' + space() + [...members.keys()].map(k =>
      `${string(k)}${space()}:${space()}${value(depth + 1)}${space()}`).join(',' + space()) + '}';
  }

  function value(depth) {
    const kind = depth > 12 ? below(5) : below(9);
    switch(kind) {
      case 0: return pick(['true', 'false', 'null']);
      case 1: case 2: return number();
      case 3: case 4: return string(plain(below(16)));
      case 5: case 6:
        return '[' + space() + Array.from({length: below(6)}, () => value(depth + 1) + space())
          .join(',' + space()) + ']';
      default: return object(depth);
    }
  }

  return {text: () => space() + (rnd() < 0.5 ? object(1) : value(1)) + space(), below};
}

// ---- RFC 8785

await test('canonical form: the samples of RFC 8785, ours and canonicalize', () => {
  const folder = join(data, 'rfc8785');
  const names = readdirSync(folder).filter(n => n.endsWith('.in.json'));
  const inputs = names.map(n => readFileSync(join(folder, n)));
  const ours = ask(['canon'], inputs);
  const problems = names.length < 6 ? [`only ${names.length} samples`] : [];
  names.forEach((n, i) => {
    const expected = readFileSync(join(folder, n.replace('.in.', '.out.')), 'utf8').trimEnd();
    problems.push(...equal(`${n}, ours`, ours[i], expected),
      ...equal(`${n}, theirs`, canonicalize(JSON.parse(inputs[i])), expected));
  });
  return problems;
});

await test('canonical form: 2000 random documents, ours and canonicalize', () => {
  const maker = textMaker(random(seed));
  const texts = Array.from({length: 2000}, maker.text);
  const ours = ask(['canon'], texts);
  return texts.flatMap((t, i) => equal(t, ours[i], canonicalize(JSON.parse(t))));
});

await test('canonical form: what JSON.parse refuses is refused, what both take is the same', () => {
  const maker = textMaker(random(seed + 1));
  const decoder = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});
  const texts = Array.from({length: 2000}, () => {
    const bytes = Buffer.from(maker.text() || ' ');
    // Any byte, or one that stands elsewhere in the text: the second is taken more often.
    bytes[maker.below(bytes.length)] =
      maker.below(3) ? bytes[maker.below(bytes.length)] : 1 + maker.below(255);
    return bytes;
  });
  const ours = ask(['canon'], texts);
  const problems = [];
  let refused = 0;
  let taken = 0;
  texts.forEach((bytes, i) => {
    let theirs = null;
    try {
      theirs = canonicalize(JSON.parse(decoder.decode(bytes)));
    } catch {
      refused++;
    }
    if(theirs === null) {
      problems.push(...equal(bytes.toString('latin1'), ours[i], '! invalid'));
    } else if(ours[i] !== '! invalid') { // stricter than JSON.parse: duplicate members
      taken++;
      problems.push(...equal(bytes.toString('latin1'), ours[i], theirs));
    }
  });
  if(refused < 100 || taken < 100) {
    problems.push(`${refused} refused and ${taken} taken prove little`);
  }
  return problems;
});

await test('canonical form: numbers between 2^53 and 2^70 and around powers of ten', () => {
  const numbers = [];
  for(let e = -330; e <= 308; e++) {
    numbers.push(`1e${e}`, `9.999999999999999e${e - 1}`, `1.0000000000000002e${e}`);
  }
  for(let e = 52; e <= 70; e++) {
    numbers.push(String(2 ** e), String(2 ** e + 1), (2n ** BigInt(e) + 1n).toString());
  }
  const ours = ask(['canon'], numbers);
  return numbers.flatMap((n, i) => equal(n, ours[i], canonicalize(JSON.parse(n))));
});

await test('canonical form: overflow, lone surrogates, duplicates and U+0000 are refused', () => {
  const bad = ['1e400', '[-1e309]', '"\\ud800"', '"\\udc00\\ud800"', '{"\\ud834":1}',
    '{"a":1,"\\u0061":2}', '"\\u0000"', '[NaN]', '[01]', '', '[1]]', '\ufeff[]',
    '['.repeat(17) + ']'.repeat(17)];
  const ours = ask(['canon'], bad);
  return bad.flatMap((b, i) => equal(b, ours[i], '! invalid'));
});

// ---- eddsa-jcs-2022

const SEED = Buffer.from(Array.from({length: 32}, (_, i) => 7 * i & 255));
const seedHex = SEED.toString('hex');
const created = '2026-11-22T12:51:00Z';
const createdUnix = Date.parse(created) / 1000;
const multikey = (await Multikey.generate({seed: SEED})).publicKeyMultibase;
const didMethod = `did:key:${multikey}#${multikey}`;

// Keys and controllers come from the method's own name; a context is never loaded.
async function documentLoader(url) {
  const [controller, fragment] = url.split('#');
  const document = fragment ? {
    '@context': 'https://w3id.org/security/multikey/v1', id: url, type: 'Multikey', controller,
    publicKeyMultibase: fragment
  } : {
    '@context': ['https://www.w3.org/ns/did/v1'], id: controller,
    assertionMethod: [loaderMethod(controller)]
  };
  if(!/^(nid:|did:key:)/.test(url)) {
    throw new Error(`Nothing is fetched: ${url}`);
  }
  return {contextUrl: null, documentUrl: url, document};
}

const loaderMethods = new Map();
const loaderMethod = controller => loaderMethods.get(controller);

async function theirVerdict(signed) {
  const method = signed.proof.verificationMethod;
  loaderMethods.set(method.split('#')[0], method);
  const {verified, error} = await jsigs.verify(structuredClone(signed), {
    suite: new DataIntegrityProof({cryptosuite: jcs.createVerifyCryptosuite()}),
    purpose: new jsigs.purposes.AssertionProofPurpose(), documentLoader
  });
  return verified ? 'ok' : `refused: ${error?.errors?.[0] ?? error}`;
}

// Through text: the suite lets document and proof share one context.
async function theirSignature(document, method) {
  const key = await Multikey.generate({seed: SEED});
  const signer = {...key.signer(), id: method};
  const cryptosuite = jcs.createSignCryptosuite();
  return JSON.parse(JSON.stringify(await jsigs.sign(structuredClone(document), {
    suite: new DataIntegrityProof({signer, date: created, cryptosuite}),
    purpose: new jsigs.purposes.AssertionProofPurpose(), documentLoader
  })));
}

// Contexts are names only: the JS suite compares the document's with the proof's by identity and finds
// two equal objects different.
const CONTEXT = 'https://w3id.org/security/data-integrity/v2';
const documents = [
  {type: 'Event', name: 'Forum des « pionniers »', startTime: '2026-12-01T14:30+01:00'},
  {'@context': [CONTEXT, 'https://exemple.fr/context'], type: 'Organization',
    name: 'Saint-Étienne-du-Rouvray 🏘', location: {latitude: '49.3779', longitude: '1.1049'},
    theme: ['énergie', 'eau'], population: 28000, share: 0.125, nothing: null, open: true},
  {'@context': CONTEXT, id: 'https://noeud.exemple.fr/o/aahr4lj4jnngs6ehs2s3jq6s4h',
    name: '\u20ac $ \u000f\u000aA\'B"\\\\"/', content: 'ligne\r\nligne\u2028'.repeat(200)},
  {'@context': [CONTEXT], list: [[], {}, [1, -1, 1e21, 1e-7]], '\ud83d\ude00': 1, '\ufb33': 2},
];
const contexts = documents.filter(d => d['@context']);

await test('keys: Multikey and did:key of a seed, theirs and ours', async () => {
  const theirs = await Multikey.generate({seed: SEED});
  const jwk = createPublicKey(privateKey(SEED)).export({format: 'jwk'});
  const x = Buffer.from(jwk.x, 'base64url');
  const own = 'z' + base58(Buffer.concat([Buffer.from([0xed, 1]), x]));
  const genesis = JSON.parse(askOne(['genesis', seedHex], ''));
  return [...equal('node:crypto', own, theirs.publicKeyMultibase),
    ...equal('ours', genesis.sign, theirs.publicKeyMultibase)];
});

await test('proofs: signed by the JS suite, verified by us', async () => {
  const signed = [];
  for(const d of contexts) {
    for(const method of [didMethod, `nid:HXQPQWmVBm8y2EefEEgpG5BcSawub5s1ERLkrrNLhmMr#${multikey}`,
      `did:key:${multikey}`]) {
      signed.push(await theirSignature(d, method));
    }
  }
  return ask(['verify'], signed).flatMap((line, i) => equal(canonicalize(signed[i]), line, 'ok'));
});

await test('proofs: the JS suite and we write the same bytes', async () => {
  const problems = [];
  for(const d of contexts) {
    problems.push(...equal('ours', askOne(['sign', seedHex, didMethod, String(createdUnix)], d),
      canonicalize(await theirSignature(d, didMethod))));
  }
  return problems;
});

await test('proofs: signed by us with or without a context, verified by the JS suite', async () => {
  const problems = [];
  for(const d of documents) {
    const signed = JSON.parse(askOne(['sign', seedHex, didMethod, String(createdUnix)], d));
    problems.push(...equal(canonicalize(signed), await theirVerdict(signed), 'ok'));
  }
  return problems;
});

await test('proofs: signed by us, verified by canonicalize and node:crypto', () =>
  documents.flatMap(d => {
    const signed = JSON.parse(askOne(['sign', seedHex, didMethod, String(createdUnix)], d));
    return equal(canonicalize(signed), proofHolds(signed, multikey), true);
  }));

await test('proofs: a context appended to still verifies, any other change does not', async () => {
  const signed = await theirSignature(documents[1], didMethod);
  const appended = structuredClone(signed);
  appended['@context'].push('https://exemple.fr/later');
  const changed = [
    d => { d.name += ' '; },
    d => { d.population++; },
    d => { d['@context'][0] = 'https://exemple.fr/other'; },
    d => { delete d['@context']; },
    d => { delete d.nothing; },
    d => { d.proof.created = '2026-11-22T12:51:01Z'; },
    d => { d.proof.verificationMethod = d.proof.verificationMethod.replace('did:key:', 'nid:'); },
    d => { d.proof.proofPurpose = 'authentication'; },
    d => { d.proof.proofValue = d.proof.proofValue.replace(/.$/, c => c === '1' ? '2' : '1'); },
  ].map(change => {
    const copy = structuredClone(signed);
    change(copy);
    return copy;
  });
  const problems = equal('appended', askOne(['verify'], appended), 'ok');
  for(const [i, line] of ask(['verify'], changed).entries()) {
    if(!line.startsWith('! ')) {
      problems.push(`we took change ${i}: ${line}`);
    }
    if(await theirVerdict(changed[i]) === 'ok') {
      problems.push(`they took change ${i}`);
    }
  }
  return problems;
});

await test('proofs: a signature with S + L is refused (malleability)', async () => {
  const signed = await theirSignature(documents[1], didMethod);
  const bytes = unbase58(signed.proof.proofValue.slice(1), 64);
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  let s = BigInt('0x' + Buffer.from(bytes.subarray(32)).reverse().toString('hex')) + order;
  for(let i = 32; i < 64; i++, s >>= 8n) {
    bytes[i] = Number(s & 255n);
  }
  const copy = structuredClone(signed);
  copy.proof.proofValue = 'z' + base58(bytes);
  return [...equal('as signed', askOne(['verify'], signed), 'ok'),
    ...equal('S + L', askOne(['verify'], copy), '! signature')];
});

await test('fed/1: the genesis, its proof and its nid, computed anew', async () => {
  const genesis = JSON.parse(askOne(['genesis', seedHex], ''));
  const {node, proof, ...rest} = genesis;
  return [...equal('nid', node, 'nid:' + base58(sha256(canonicalize(rest)))),
    ...equal('method', proof.verificationMethod, `${node}#${multikey}`),
    ...equal('members', Object.keys(proof).sort().join(' '),
      'created cryptosuite proofPurpose proofValue type verificationMethod'),
    ...equal('node:crypto', proofHolds(genesis, multikey), true),
    ...equal('JS suite', await theirVerdict(genesis), 'ok')];
});

await test('fed/1: a signed object, its canonical bytes and its proof', async () => {
  const line = askOne(['object', seedHex], documents[0]);
  const object = JSON.parse(line);
  return [...equal('bytes', line, canonicalize(object)),
    ...equal('id', object.id, 'https://noeud.exemple.fr/o/aahr4lj4jnngs6ehs2s3jq6s4h'),
    ...equal('rev', object.rev, 7),
    ...equal('no context', '@context' in object, false),
    ...equal('node:crypto', proofHolds(object, multikey), true),
    ...equal('JS suite', await theirVerdict(object), 'ok'),
    ...equal('changed', proofHolds({...object, rev: 8}, multikey), false)];
});

// ---- RFC 9421

const keyid = `nid:HXQPQWmVBm8y2EefEEgpG5BcSawub5s1ERLkrrNLhmMr#${multikey}`;
const now = Math.floor(Date.now() / 1000);
const requests = [
  {method: 'GET', url: 'https://noeud.exemple.fr/fed/v1/feed?origin=nid:a%20b&after=0.0&limit=500'},
  {method: 'GET', url: 'http://127.0.0.1:8080/fed/v1/heads?after='},
  {method: 'POST', url: 'https://noeud.exemple.fr:8443/fed/v1/tree', type: 'application/json',
    body: '{"prefixes":["0","é"]}'},
  {method: 'POST', url: 'https://noeud.exemple.fr/fed/v1/notify', type: 'application/json',
    body: ''},
].map((r, i) => ({...r, nonce: `bm9uY2U-${i}_`, created: now - i}));
const fieldsOf = r => ['@method', '@target-uri',
  ...r.body === undefined ? [] : ['content-digest', 'content-type']];
const digestOf = r => r.body === undefined ? undefined
  : `sha-256=:${sha256(r.body).toString('base64')}:`;
const headersOf = r => r.body === undefined ? {}
  : {'Content-Digest': digestOf(r), 'Content-Type': r.type};
const params = ['created', 'expires', 'nonce', 'keyid', 'alg', 'tag'];

async function theirHeaders(r) {
  const {headers} = await httpbis.signMessage({
    key: {id: keyid, alg: 'ed25519', sign: async base => sign(null, base, privateKey(SEED))},
    name: 'sig', fields: fieldsOf(r), params,
    paramValues: {created: new Date(r.created * 1000), expires: new Date((r.created + 300) * 1000),
      nonce: r.nonce, tag: 'fed-1'}
  }, {method: r.method, url: r.url, headers: headersOf(r)});
  return {input: headers['Signature-Input'], signature: headers['Signature'], digest: digestOf(r)};
}

await test('HTTP signatures: ours and the library\'s are the same bytes', async () => {
  const problems = [];
  for(const r of requests) {
    const ours = JSON.parse(askOne(['httpsig-sign', seedHex, keyid], r));
    problems.push(...equal(r.url, canonicalize(ours), canonicalize(await theirHeaders(r))));
  }
  return problems;
});

await test('HTTP signatures: ours verify with http-message-signatures', async () => {
  const problems = [];
  for(const r of requests) {
    const ours = JSON.parse(askOne(['httpsig-sign', seedHex, keyid], r));
    const verdict = url => httpbis.verifyMessage({
      keyLookup: async p => ({
        id: p.keyid, algs: ['ed25519'],
        verify: async (base, signature) =>
          verify(null, base, publicKey(p.keyid.split('#')[1]), signature)
      }),
      requiredParams: params, requiredFields: fieldsOf(r)
    }, {method: r.method, url, headers: {
      ...headersOf(r), 'Signature-Input': ours.input, Signature: ours.signature
    }});
    problems.push(...equal(r.url, await verdict(r.url), true),
      ...equal('another target', await verdict(r.url + '&'), false));
  }
  return problems;
});

await test('HTTP signatures: those of http-message-signatures verify with us', async () => {
  const signed = [];
  for(const r of requests) {
    signed.push({...r, ...await theirHeaders(r)});
  }
  const problems = ask(['httpsig-verify', String(now)], signed)
    .flatMap((line, i) => equal(signed[i].url, line, 'ok'));
  const wrong = [
    [now, {...signed[0], url: signed[0].url + '0'}, '! signature'],
    [now, {...signed[0], method: 'HEAD'}, '! signature'],
    [now, {...signed[2], body: signed[2].body + ' '}, '! signature'],
    [now, {...signed[2], type: 'text/plain'}, '! signature'],
    [now, {...signed[0], input: signed[0].input.replace('fed-1', 'fed-2')}, '! invalid'],
    [now, {...signed[0], input: signed[0].input.replace(/nonce="./, 'nonce="x')}, '! signature'],
    [now + 301, signed[0], '! expired'],
    [now - 61, signed[0], '! expired'],
  ];
  for(const [at, r, expected] of wrong) {
    problems.push(...equal(canonicalize(r), askOne(['httpsig-verify', String(at)], r), expected));
  }
  return problems;
});

await test('HTTP signatures: the signature base written out, with node:crypto', () => {
  const r = requests[2];
  const ours = JSON.parse(askOne(['httpsig-sign', seedHex, keyid], r));
  const base = [
    '"@method": POST',
    `"@target-uri": ${r.url}`,
    `"content-digest": ${digestOf(r)}`,
    `"content-type": ${r.type}`,
    `"@signature-params": ${ours.input.replace(/^sig=/, '')}`
  ].join('\n');
  const signature = Buffer.from(ours.signature.replace(/^sig=:|:$/g, ''), 'base64');
  return equal(base, verify(null, Buffer.from(base), publicKey(multikey), signature), true);
});

console.log(`1..${tests}`);
process.exit(failures ? 1 : 0);
