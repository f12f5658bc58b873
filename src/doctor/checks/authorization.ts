import { createHash, randomBytes } from 'node:crypto';
import { bad, type Check, faultOf, good, inShort, type Patient } from '../examination.js';
import { type Answer, visit } from '../visit.js';

/** As long as a careful tool's request gets. */
const LONG_STATE = 3_000;

/** What the person's browser sees first, and whether it will know it again. */
export const authorization: Check = async function* (patient) {
  const what = 'the log-in page';
  const answer = await visit(requestOf(patient, randomBytes(16).toString('hex')));
  const page = await followed(answer, patient);
  const cookies = [...answer.headers.getSetCookie(), ...page.headers.getSetCookie()];
  const isAway = page.status >= 300 && page.status < 400;
  if (isAway) {
    const isOurs = page.headers.get('location')?.includes('/mcp/oauth/authorize');
    return yield bad(what, isOurs ? 'public-url-wrong' : 'blocked-before', inShort(page));
  }
  if (page !== answer && cookies.length === 0) return yield bad('its cookie', 'cookie-lost', 'none was set');
  if (page.status !== 200 || !page.headers.get('content-type')?.startsWith('text/html'))
    return yield bad(what, faultOf(page, 'page-missing'), inShort(page));
  if (!/name="password"/.test(page.text)) return yield bad(what, 'blocked-before', 'another page than the log-in');
  yield good(what);
  const isHttps = patient.origin.startsWith('https:');
  const isKept = cookies.some((cookie) =>
    isHttps ? /^__Host-.*;\s*secure/i.test(cookie) : !/^__Host-|;\s*secure/i.test(cookie),
  );
  yield isKept ? good('its cookie') : bad('its cookie', 'cookie-lost', 'not one for this scheme');
  const long = await visit(requestOf(patient, 'x'.repeat(LONG_STATE)));
  yield long.status < 400 ? good('a long request') : bad('a long request', 'query-too-long', inShort(long));
};

function requestOf({ server, clientId, url, tool }: Patient, state: string): string {
  const parameters = new URLSearchParams({
    response_type: 'code',
    client_id: clientId!,
    redirect_uri: tool.redirectUris[0],
    state,
    code_challenge: createHash('sha256').update(randomBytes(32)).digest('base64url'),
    code_challenge_method: 'S256',
    resource: url,
  });
  return `${String(server?.['authorization_endpoint'])}?${parameters}`;
}

/** What is behind a redirect within the site; nothing else is followed. */
async function followed(answer: Answer, { origin }: Patient): Promise<Answer> {
  const location = answer.headers.get('location');
  if (!location || answer.status < 300 || answer.status >= 400) return answer;
  const next = new URL(location, origin);
  if (next.origin !== origin) return answer;
  const cookie = answer.headers
    .getSetCookie()
    .map((one) => one.split(';', 1)[0]!)
    .join('; ');
  return visit(next.href, { headers: { ...(cookie && { cookie }) } });
}
