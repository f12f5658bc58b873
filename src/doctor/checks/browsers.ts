import { bad, type Check, good, inShort } from '../examination.js';
import { visit } from '../visit.js';

/**
 * What programs in web pages need: each request is preceded by OPTIONS, and its headers must be readable (Fetch §3.2).
 */
export const browsers: Check = async function* ({ url, origin, tool, server }) {
  const page = tool.page ?? 'http://localhost:6274';
  const addresses = [url, `${origin}/mcp/oauth/register`, server?.['token_endpoint']].filter(
    (one) => typeof one === 'string',
  );
  for (const address of addresses) {
    const what = `OPTIONS ${new URL(address).pathname}`;
    const answer = await visit(address, {
      method: 'OPTIONS',
      headers: {
        origin: page,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,mcp-protocol-version',
      },
    });
    const origins = answer.headers.get('access-control-allow-origin');
    const isAllowed = answer.status < 300 && (origins === '*' || origins === page);
    yield isAllowed ? good(what) : bad(what, 'cors-refused', `${inShort(answer)}; allows ${origins ?? 'nobody'}`);
  }
  const { headers } = await visit(url, { method: 'POST', headers: { origin: page } });
  const exposed = headers.get('access-control-expose-headers');
  yield /www-authenticate/i.test(exposed ?? '')
    ? good('the challenge can be read by web pages')
    : bad('the challenge, read by web pages', 'cors-refused', `exposes ${exposed ?? 'nothing'}`);
};
