import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { freePort } from '../../test/support/postgres-server.mjs';
import { start } from '../processes.mjs';
import { bearer, listTools } from './contestant.mjs';

/** The official SDK's server behind its own `requireBearerAuth`. @returns {Promise<import('./contestant.mjs').Contestant>} */
export async function sdk() {
  const port = await freePort();
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const PUBLIC_KEY = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  return {
    name: 'requireBearerAuth',
    origin: `http://127.0.0.1:${port}`,
    start: () => start(['bench/contestants/sdk-server.mjs'], { PORT: String(port), PUBLIC_KEY }, 'ready'),
    accessTokens: (count) =>
      Promise.all(
        Array.from({ length: count }, () =>
          new SignJWT({ client_id: 'bench', scope: 'things', jti: randomUUID() })
            .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' })
            .setAudience('bench')
            .setExpirationTime('1h')
            .sign(privateKey),
        ),
      ),
    bearer: (token) => bearer('/mcp', token),
    listTools: (token) => listTools('/mcp', token),
  };
}
