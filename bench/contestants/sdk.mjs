import { generateKeyPairSync } from 'node:crypto';
import { freePort } from '../../test/support/postgres-server.mjs';
import { start } from '../processes.mjs';
import { accessTokens } from './access-tokens.mjs';
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
    accessTokens: (count) => accessTokens(privateKey, 'bench', count),
    bearer: (token) => bearer('/mcp', token),
    listTools: (token) => listTools('/mcp', token),
  };
}
