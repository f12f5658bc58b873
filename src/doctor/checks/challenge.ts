import { bad, type Check, faultOf, good, inShort } from '../examination.js';
import { visit } from '../visit.js';

/** The first thing a tool does: a request without a token, which must be challenged (RFC 9728 §5.1). */
export const challenge: Check = async function* ({ url, origin }) {
  const what = 'the challenge';
  const answer = await visit(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
  });
  if (answer.status >= 200 && answer.status < 300) return yield bad(what, 'unprotected', inShort(answer));
  if (answer.status !== 401) return yield bad(what, faultOf(answer, 'not-found'), inShort(answer));
  const header = answer.headers.get('www-authenticate');
  if (header === null) {
    const fault = answer.json ? 'challenge-missing' : 'blocked-before';
    return yield bad(what, fault, `401 without WWW-Authenticate: ${inShort(answer)}`);
  }
  if (/^(?:basic|digest|negotiate)\b/i.test(header)) return yield bad(what, 'blocked-before', header);
  const metadata = /^Bearer (?:.*, )?resource_metadata="([^"]+)"/.exec(header)?.[1];
  if (!metadata || !URL.canParse(metadata)) return yield bad(what, 'challenge-malformed', header);
  if (new URL(metadata).origin !== origin)
    return yield bad(what, 'public-url-wrong', `it sends to ${new URL(metadata).origin}`);
  yield good(`${what}: ${metadata}`);
};
