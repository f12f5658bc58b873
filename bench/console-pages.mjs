import { EMAIL, FORM, PASSWORD } from './contestants/contestant.mjs';

/** The lists of an organization, by what they are. @param {string} organization id @returns {Record<string, string>} paths */
export function listPages(organization) {
  const base = `/console/organizations/${organization}`;
  return {
    'connections, newest': `${base}/connections`,
    'connections, last used': `${base}/connections?sort=used`,
    'connections, by person': `${base}/connections?sort=person`,
    'connections, search for a person': `${base}/connections?q=person+77`,
    'connections, search for nothing': `${base}/connections?q=nothing+is+like+this`,
    'connections, dormant': `${base}/connections?dormant=on`,
    'end everything, asked': `${base}/connections/end?everything=1`,
    usage: `${base}/usage`,
    members: `${base}/members`,
    log: `${base}/audit`,
  };
}

/**
 * Each page in turn, one at a time.
 * @param {string} origin
 * @param {Record<string, string>} pages
 * @param {string} cookie
 * @param {number} rounds
 * @returns {Promise<{ page: string, p50: number, p95: number }[]>} milliseconds
 */
export async function timePages(origin, pages, cookie, rounds) {
  const rows = [];
  for (const [page, path] of Object.entries(pages)) {
    /** @type {number[]} */
    const took = [];
    for (let round = -2; round < rounds; round++) {
      const begun = performance.now();
      const response = await fetch(origin + path, { headers: { cookie }, redirect: 'manual' });
      const text = await response.text();
      if (response.status !== 200) throw new Error(`${path}: ${response.status} ${text.slice(0, 200)}`);
      if (round >= 0) took.push(performance.now() - begun);
    }
    took.sort((a, b) => a - b);
    const at = (/** @type {number} */ share) => took[Math.floor((took.length - 1) * share)] ?? Number.NaN;
    rows.push({ page, p50: at(0.5), p95: at(0.95) });
  }
  return rows;
}

/**
 * Where the second page of a rehearsal is: that of a rule for everybody about any tool.
 * @param {string} origin
 * @param {string} organization id
 * @param {string} cookie
 * @param {Record<string, string>} rule its fields
 * @returns {Promise<string>} path
 */
export async function rehearsalPage(origin, organization, cookie, rule) {
  const policy = `${origin}/console/organizations/${organization}/policy`;
  const csrf = csrfOf(await (await fetch(policy, { headers: { cookie } })).text());
  const rehearsed = await fetch(`${policy}/rehearsal`, {
    method: 'POST',
    headers: { ...FORM, cookie },
    body: new URLSearchParams({ csrf, tool: '*', people: 'everybody', ...rule }),
  });
  const [, path] = /href="([^"]+\/rehearsal[^"]+)"/.exec(await rehearsed.text()) ?? [];
  if (path === undefined) throw new Error(`a rehearsal: ${rehearsed.status}, and no second page`);
  return path.replace(/&#x3D;/g, '=').replace(/&amp;/g, '&');
}

/** @param {string} origin @returns {Promise<string>} the cookies of the person of the bench */
export async function logIn(origin) {
  const page = await fetch(`${origin}/console/login`);
  const cookie = cookiesOf(page);
  const csrf = csrfOf(await page.text());
  const entered = await fetch(`${origin}/console/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: { ...FORM, cookie },
    body: new URLSearchParams({ csrf, email: EMAIL, password: PASSWORD }),
  });
  if (entered.status !== 303) throw new Error(`logging in: ${entered.status}`);
  return `${cookie}; ${cookiesOf(entered)}`;
}

/** @param {string} html */
const csrfOf = (html) => /name="csrf" value="([^"]+)"/.exec(html)?.[1] ?? '';

/** @param {Response} response */
export function cookiesOf(response) {
  return response.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ');
}
