import { bad, type Check, faultOf, good, inShort } from '../examination.js';
import { visit } from '../visit.js';

/**
 * The token endpoint refuses a code that nobody made in the words tools act upon (RFC 6749 §5.2); the keys are there.
 */
export const tokens: Check = async function* ({ server, clientId, tool, url }) {
  const answer = await visit(String(server?.['token_endpoint']), {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: clientId!,
      code: 'a-code-that-nobody-made',
      code_verifier: 'v'.repeat(43),
      redirect_uri: tool.redirectUris[0],
      resource: url,
    }),
  });
  const { status, json, headers } = answer;
  // A document nobody has connected yet is not known here before somebody logs in.
  const isRefusal = [400, 401].includes(status) && /^invalid_(?:grant|client)$/.test(String(json?.['error']));
  if (!isRefusal) yield bad('the token endpoint', faultOf(answer, 'token-endpoint-altered'), inShort(answer));
  else if (!/no-store/.test(headers.get('cache-control') ?? ''))
    yield bad(
      'the token endpoint',
      'token-endpoint-altered',
      `Cache-Control is ${headers.get('cache-control') ?? 'missing'}`,
    );
  else yield good('the token endpoint');
  const keys = await visit(String(server?.['jwks_uri']));
  const isKeySet = keys.status === 200 && Array.isArray(keys.json?.['keys']) && keys.json['keys'].length > 0;
  yield isKeySet ? good('the keys') : bad('the keys', faultOf(keys, 'keys-missing'), inShort(keys));
};
